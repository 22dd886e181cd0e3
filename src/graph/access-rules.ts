import type { Audience } from '../gate/access.js';

/** Reachable only through a field that has its own rule; adds none. */
type AsParent = 'as parent';

const PERSON_SERVICE_STAFF = ['owner', 'recipient', 'dps', 'support'] as const;
const PERSON_STAFF = ['owner', 'dps', 'support'] as const;
const STAFF = ['dps', 'support'] as const;

/**
 * Who may reach each field of the core graph, by coordinate; `Type.*` stands for all fields of a type. A field without
 * a rule keeps the server from starting: nothing is open by oversight. Which objects a caller may see is decided where
 * they are found; services' own fields are decided by purpose.
 */
export const ACCESS_RULES: Readonly<Record<string, readonly Audience[] | AsParent>> = {
  'Query.viewer': ['anyone'],
  'Query.me': ['subject'],
  'Query.account': ['subject', 'recipient', 'dps', 'support'],
  'Query.accounts': ['subject', 'recipient', 'dps', 'support'],
  'Query.accountByIdentifier': ['client', 'dps', 'support'],
  'Query.services': ['known'],
  'Query.purposes': ['known'],
  'Query.clients': STAFF,
  'Query.policy': ['anyone'],
  'Query.policies': ['anyone'],
  'Query.privacyRequest': ['subject', 'dps', 'support'],
  'Query.privacyRequests': STAFF,
  'Query._entities': ['known'],
  'Query._service': ['anyone'],

  'Mutation.registerAccount': ['subject', 'client', 'dps', 'support'],
  'Mutation.updateProfile': ['subject', 'client', 'dps', 'support'],
  'Mutation.linkService': ['client', 'dps', 'support'],
  'Mutation.recordGuardian': ['client', 'dps', 'support'],
  'Mutation.requestAccess': ['subject', 'dps', 'support'],
  'Mutation.requestRestriction': ['subject', 'dps', 'support'],
  'Mutation.liftRestriction': ['subject', 'dps', 'support'],
  'Mutation.giveConsent': ['subject', 'dps', 'support'],
  'Mutation.withdrawConsent': ['subject', 'dps', 'support'],
  'Mutation.withdrawAllConsents': ['subject', 'dps', 'support'],
  'Mutation.objectToProcessing': ['subject', 'dps', 'support'],
  'Mutation.withdrawObjection': ['subject', 'dps', 'support'],
  'Mutation.updateMarketingPreferences': ['subject', 'dps', 'support'],
  'Mutation.publishPolicy': ['dps'],
  'Mutation.cancelRequest': ['subject', 'dps', 'support'],
  'Mutation.retryRequest': STAFF,
  'Mutation.registerClient': ['dps'],
  'Mutation.revokeClient': ['dps'],
  'Mutation.trustDocuments': ['dps'],

  'Subscription.privacyRequestProgress': ['subject', 'dps', 'support'],

  'Account.*': PERSON_SERVICE_STAFF,
  'Account.consents': PERSON_STAFF,
  'Account.consentHistory': PERSON_STAFF,
  'Account.objections': PERSON_STAFF,
  'Account.birthYears': PERSON_STAFF,
  'Account.guardianId': PERSON_STAFF,
  'BirthYears.*': 'as parent',
  'Account.marketingPreferences': PERSON_STAFF,
  'Account.marketingHistory': PERSON_STAFF,
  'Account.privacyRequests': PERSON_STAFF,
  'Account.disclosures': PERSON_STAFF,
  'Account.accesses': PERSON_STAFF,
  'Account.legalHolds': PERSON_STAFF,
  'Profile.*': 'as parent',
  'Identifier.*': 'as parent',
  'ServiceLink.*': 'as parent',
  'AccountPayload.*': 'as parent',

  'Consent.*': 'as parent',
  'ConsentReceipt.*': 'as parent',
  'ConsentPayload.*': 'as parent',
  'ConsentsPayload.*': 'as parent',
  'Objection.*': 'as parent',
  'ObjectionsPayload.*': 'as parent',
  'PolicyVersion.*': 'as parent',
  'PolicyPayload.*': 'as parent',
  'ConsentEvent.*': 'as parent',
  'ConsentEventConnection.*': 'as parent',
  'ConsentEventEdge.*': 'as parent',
  'MarketingPreferences.*': 'as parent',
  'ChannelPreference.*': 'as parent',
  'TopicPreference.*': 'as parent',
  'MarketingPreferencesPayload.*': 'as parent',
  'MarketingEvent.*': 'as parent',
  'MarketingEventConnection.*': 'as parent',
  'MarketingEventEdge.*': 'as parent',
  'Disclosure.*': 'as parent',
  'DisclosureConnection.*': 'as parent',
  'DisclosureEdge.*': 'as parent',
  'Access.*': 'as parent',
  'AccessConnection.*': 'as parent',
  'AccessEdge.*': 'as parent',
  'LegalHold.*': 'as parent',
  'ErasurePlan.*': 'as parent',
  'ErasurePlanItem.*': 'as parent',
  'ErasureCertificate.*': 'as parent',

  'PrivacyRequest.*': PERSON_STAFF,
  'PrivacyRequestPayload.*': 'as parent',
  'PrivacyRequestConnection.*': 'as parent',
  'PrivacyRequestEdge.*': 'as parent',
  'PageInfo.*': 'as parent',
  'ServiceTask.*': 'as parent',
  'RequestEvent.*': 'as parent',
  'ExportPackage.*': PERSON_STAFF,
  'ExportPackage.url': ['owner'],

  '_Service.*': 'as parent',
  'Viewer.*': 'as parent',
  'Client.*': 'as parent',
  'ClientPayload.*': 'as parent',
  'Service.*': 'as parent',
  'DataCollection.*': 'as parent',
  'DataField.*': 'as parent',
  'Purpose.*': 'as parent',
};

/** Which account an object belongs to, for types whose rules name `owner`. */
export const OWNER_OF: Readonly<Record<string, (object: { id: string; accountId: string }) => string>> = {
  Account: ({ id }) => id,
  PrivacyRequest: ({ accountId }) => accountId,
  ExportPackage: ({ accountId }) => accountId,
};
