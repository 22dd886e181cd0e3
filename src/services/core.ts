import { printPersonalData } from './personal-data-directive.js';
import { purposesOf } from './purposes.js';
import type { Collection, Field, Service } from './service.js';

const DATASET = 'habeas';

function field(name: string, category: string, description: string): Field {
  return {
    name,
    description,
    categories: [category],
    primaryKey: name === 'id',
    identity: null,
    references: [],
    dataType: 'string',
    returnAllElements: false,
    fields: [],
  };
}

function collection(name: string, title: string, description: string, fields: readonly Field[]): Collection {
  return { dataset: DATASET, name, title, description, fields, after: [], skipProcessing: false };
}

const account = collection('account', 'Account', 'The account itself.', [
  field('id', 'user.unique_id', 'Id of the account, shared by all services.'),
  field('status', 'user.account', 'Whether the account is active, restricted or being erased.'),
  field('created_at', 'user.account', 'When the account was made.'),
  field('born_from', 'user.demographic.age_range', 'Earliest year of birth, where it was recorded.'),
  field('born_to', 'user.demographic.age_range', 'Latest year of birth, where it was recorded.'),
  field('guardian_id', 'user.unique_id', 'Account of the guardian of a child.'),
]);

const profile = collection('profile', 'Profile', 'Account information all services share.', [
  field('given_name', 'user.name.first', 'Given name.'),
  field('family_name', 'user.name.last', 'Family name.'),
  field('display_name', 'user.name', 'Name shown to others.'),
  field('email', 'user.contact.email', 'E-mail address.'),
  field('phone', 'user.contact.phone_number', 'Telephone number.'),
  field('organisation', 'user.contact.organization', 'School, authority or company of the holder’s work.'),
  field('job_title', 'user.job_title', 'Job title.'),
  field('postal_address', 'user.contact.address', 'Postal address.'),
  field('locale', 'user.account.settings', 'Preferred language.'),
  field('updated_at', 'user.account', 'When the profile was last changed.'),
]);

const identifiers = collection('identifiers', 'Identifiers', 'What the account’s holder is recognised by.', [
  field('type', 'user.account', 'Kind of identifier.'),
  field('value', 'user.unique_id', 'The identifier.'),
  field('verified', 'user.account', 'Whether it is proven to belong to the holder.'),
]);

const linkedServices = collection('linked_services', 'Linked services', 'Services that know the account’s holder.', [
  field('service', 'user.account', 'Name of the service.'),
  field('external_id', 'user.unique_id', 'Id of the holder at that service.'),
  field('linked_at', 'user.account', 'When the link was made.'),
]);

const privacyRequests = collection('privacy_requests', 'Privacy requests', 'Requests made under data-protection law.', [
  field('id', 'user.unique_id', 'Id of the request.'),
  field('type', 'user.account', 'Right that was exercised.'),
  field('status', 'user.account', 'How far the request is.'),
  field('channel', 'user.account', 'How it reached us.'),
  field('received_at', 'user.account', 'When it reached us.'),
  field('due_on', 'user.account', 'Day by whose end it is due.'),
  field('completed_at', 'user.account', 'When it was answered.'),
]);

const history = collection('privacy_request_history', 'History of privacy requests', 'What happened to each request.', [
  field('request_id', 'user.unique_id', 'The request.'),
  field('at', 'user.account', 'When.'),
  field('actor', 'user.account', 'Who did it: a role, never a name.'),
  field('action', 'user.account', 'What happened.'),
  field('note', 'user.account', 'More about it.'),
]);

const consentHistory = collection(
  'consent_history',
  'History of consents',
  'Every consent given, taken back or ended.',
  [
    field('purpose', 'user.privacy_preferences', 'The use of data.'),
    field('action', 'user.privacy_preferences', 'What happened.'),
    field('occurred_at', 'user.privacy_preferences', 'When it was said.'),
    field('recorded_at', 'user.account', 'When it was entered.'),
    field('policy_version', 'user.account', 'Version of the privacy policy it was said under.'),
    field('valid_until', 'user.account', 'Until when a consent given holds.'),
    field('channel', 'user.account', 'How it reached us.'),
    field('actor', 'user.account', 'Who acted: a role, never a name.'),
    field('wording', 'user.account', 'The words that were shown.'),
    field('locale', 'user.account', 'Language of the words.'),
    field('evidence', 'user.account', 'Where the proof is kept.'),
  ],
);

const objections = collection('objections', 'Objections', 'Uses of data that were objected to.', [
  field('purpose', 'user.privacy_preferences', 'The use of data.'),
  field('since', 'user.privacy_preferences', 'When the objection reached us.'),
  field('channel', 'user.account', 'How it reached us.'),
]);

const marketingHistory = collection(
  'marketing_history',
  'History of marketing preferences',
  'Everything said of marketing: of all of it, of a channel or of a topic.',
  [
    field('scope', 'user.privacy_preferences', 'What it is about: all, a channel or a topic.'),
    field('key', 'user.privacy_preferences', 'Which channel or topic.'),
    field('action', 'user.privacy_preferences', 'Whether it was said, unsubscribed by a link, or that undone.'),
    field('allowed', 'user.privacy_preferences', 'Whether it was allowed.'),
    field('occurred_at', 'user.privacy_preferences', 'When it was said.'),
    field('recorded_at', 'user.account', 'When it was entered.'),
    field('channel', 'user.account', 'How it reached us.'),
    field('actor', 'user.account', 'Who acted: a role, never a name.'),
    field('evidence', 'user.account', 'Where the proof is kept.'),
  ],
);

const softOptIns = collection(
  'soft_opt_ins',
  'Soft opt-ins',
  'Sales on which marketing of similar products may rest until it is refused.',
  [
    field('channel', 'user.privacy_preferences', 'The channel.'),
    field('occurred_at', 'user.privacy_preferences', 'When the address was given.'),
    field('recorded_at', 'user.account', 'When it was entered.'),
    field('actor', 'user.account', 'Who entered it: a role, never a name.'),
    field('evidence', 'user.account', 'Where the proof is kept.'),
  ],
);

const accesses = collection('accesses', 'Accesses', 'Who read data of this account through Habeas, and what for.', [
  field('at', 'user.account', 'When.'),
  field('caller', 'user.account', 'Who read: a role or a service.'),
  field('purpose', 'user.account', 'What for.'),
  field('categories', 'user.account', 'Which categories of data.'),
  field('services', 'user.account', 'Which services were asked.'),
]);

/** Habeas as a service among the others: what it holds itself, and what for. */
export const CORE: Service = {
  name: 'habeas',
  field: 'habeas',
  title: 'Account and privacy desk',
  description: 'The account shared by all services, and the record of privacy requests.',
  kind: 'CORE',
  affiliation: 'AFFILIATED',
  country: 'GB',
  transferSafeguard: null,
  connection: { kind: 'core' },
  declarations: [
    {
      name: 'Run the account',
      dataUse: 'essential.service',
      dataCategories: ['user.account', 'user.name', 'user.contact', 'user.unique_id', 'user.job_title'],
      dataSubjects: ['customer'],
      lawfulBasis: 'CONTRACT',
      retentionPeriod: 'While the account exists',
      thirdParties: null,
    },
    {
      name: 'Answer privacy requests and prove it',
      dataUse: 'essential.legal_obligation',
      dataCategories: ['user.account', 'user.unique_id', 'user.privacy_preferences', 'user.demographic.age_range'],
      dataSubjects: ['customer'],
      lawfulBasis: 'LEGAL_OBLIGATION',
      retentionPeriod: 'P6Y',
      thirdParties: null,
    },
  ],
  datasets: [
    {
      key: DATASET,
      title: 'Habeas',
      description: 'What Habeas itself holds about a person.',
      namespace: null,
      collections: [
        account,
        profile,
        identifiers,
        linkedServices,
        consentHistory,
        objections,
        marketingHistory,
        softOptIns,
        privacyRequests,
        history,
        accesses,
      ],
    },
  ],
  erasure: new Map(),
  retention: new Map(),
  source: null,
  file: 'Habeas itself',
};

/** `@personalData` of a field of Habeas' own: its category and what its declarations allow reading it for. */
export const personalData = (category: string): string =>
  printPersonalData({ category, purposes: purposesOf(CORE, [category]) });
