import { covers } from '../taxonomy.js';

/** What is known of a field when its category is guessed. */
export interface FieldClues {
  /** In snake case. */
  readonly name: string;
  /** Fideslang data type; null where it is not known. */
  readonly dataType: string | null;
  /** Whether the record is about one person, so that its `name` is a person's name. */
  readonly ofPerson: boolean;
  /** Whether the record has other parts of a postal address, so that its `state` is a county. */
  readonly inAddress: boolean;
  /** Whether it tells records apart or leads to another record. */
  readonly isKey: boolean;
}

interface Rule {
  readonly category: string;
  /** The whole name. */
  readonly name: RegExp;
  readonly types?: readonly string[];
  readonly when?: 'ofPerson' | 'inAddress' | 'isKey';
}

const TEXT = ['string', 'string[]'];
const WHEN = ['datetime', 'date'];

/** The first that fits is taken. Names are whole words in snake case; a word in front, as in `billing_postcode`, may stand. */
const RULES: readonly Rule[] = [
  { category: 'user.contact.email', name: /(.*_)?e?_?mail(_address|s)?|(.*_)?email_?address/, types: TEXT },
  {
    category: 'user.contact.phone_number',
    name: /(.*_)?(phone|mobile|telephone|tel|msisdn)(_(number|no))?/,
    types: [...TEXT, 'integer'],
  },
  { category: 'user.contact.fax_number', name: /(.*_)?fax(_(number|no))?/ },
  { category: 'user.name.first', name: /(.*_)?(first|given|fore)_?names?/ },
  { category: 'user.name.last', name: /(.*_)?(last|family|sur)_?name/ },
  { category: 'user.account.username', name: /user_?name|login_name|nick_?name|screen_name/ },
  { category: 'user.name', name: /(full|display|preferred|middle|person|customer|member|contact)_?name/ },
  { category: 'user.name', name: /name/, when: 'ofPerson' },
  { category: 'user.demographic.date_of_birth', name: /dob|(.*_)?(date_of_birth|birth_?(date|day)|born(_on)?)/ },
  { category: 'user.demographic.gender', name: /gender|sex/ },
  { category: 'user.demographic.language', name: /language|locale|lang/ },
  { category: 'user.demographic.marital_status', name: /marital_status/ },
  { category: 'user.demographic.race_ethnicity', name: /ethnicity|ethnic_(group|origin)|race/ },
  { category: 'user.demographic.religious_belief', name: /religion|religious_belief|faith/ },
  { category: 'user.demographic.sexual_orientation', name: /sexual_orientation/ },
  {
    category: 'user.health_and_medical',
    name: /(.*_)?(diagnos[ie]s|medical|allerg(y|ies)|disabilit(y|ies)|nhs_(number|no)|access(ibility)?_needs?)(_.*)?/,
  },
  { category: 'user.contact.address.postal_code', name: /(.*_)?(post_?code|postal_?code|zip(_?code)?)/ },
  { category: 'user.contact.address.street', name: /(.*_)?(street|address_?(line_?)?\d)(_(name|address))?/ },
  { category: 'user.contact.address.street', name: /house(_(number|no|name))?/, when: 'inAddress' },
  { category: 'user.contact.address.city', name: /(.*_)?(city|town)/ },
  { category: 'user.contact.address.state', name: /state|county|region|province/, when: 'inAddress' },
  { category: 'user.contact.address.country', name: /(.*_)?country(_code)?/ },
  { category: 'user.device.ip_address', name: /(.*_)?ip(_?(address|addr))?|remote_addr/ },
  { category: 'user.device.device_id', name: /(.*_)?device_id/ },
  { category: 'user.device.cookie_id', name: /(.*_)?cookie_id/ },
  { category: 'user.device', name: /user_agent|browser|device(_.*)?/ },
  { category: 'user.location.precise', name: /(.*_)?(lat(itude)?|long?(itude)?|geo_?location)/ },
  { category: 'user.financial.bank_account', name: /iban|bic|sort_code|bank_account(_.*)?/ },
  { category: 'user.financial.credit_card', name: /ccn|(credit_?)?card_(number|no)|pan/ },
  { category: 'user.government_id.passport_number', name: /passport(_(number|no))?/ },
  {
    category: 'user.government_id.national_identification_number',
    name: /national_insurance(_.*)?|nino|ni_number|ssn/,
  },
  { category: 'user.government_id.drivers_license_number', name: /driv(ing|ers?)_licen[cs]e(_.*)?/ },
  { category: 'user.government_id.vehicle_registration', name: /(vehicle|car)_registration|number_plate/ },
  { category: 'user.job_title', name: /job_?title|occupation|profession/ },
  { category: 'user.job_title', name: /role|position/, when: 'ofPerson' },
  { category: 'user.workplace', name: /employer|company(_name)?|department|workplace/, when: 'ofPerson' },
  {
    category: 'user.privacy_preferences',
    name: /(.*_)?(consent(ed)?|opt(ed)?_(in|out)|unsubscribed?|subscribed)(_.*)?/,
  },
  { category: 'user.content.self_image', name: /avatar(_url)?|profile_(picture|photo|image)(_url)?/ },
  {
    category: 'user.unique_id',
    name: /external_(id|ref|reference)|(customer|member|user|client|person)_(ref|reference|number|no|uuid)/,
  },
  { category: 'user.unique_id.pseudonymous', name: /.*/, types: ['string', 'integer'], when: 'isKey' },
  {
    category: 'user.content',
    name: /(.*_)?(body|notes?|comments?|messages?|description|feedback|subject|text|answer|question|reason|review)/,
    types: [...TEXT, 'object', 'object[]', 'json'],
  },
  { category: 'system.operations', name: /.*_(at|on|time)|created|updated|modified|deleted|time(stamp)?/, types: WHEN },
  { category: 'system.operations', name: /row_?version|revision|is_deleted|etag/ },
];

/** The Fideslang category a field's name and type suggest; null where they suggest none. */
export function guessCategory(clues: FieldClues): string | null {
  const rule = RULES.find(
    ({ name, types, when }) =>
      new RegExp(`^(?:${name.source})$`).test(clues.name) &&
      (!types || clues.dataType === null || types.includes(clues.dataType)) &&
      (!when || clues[when]),
  );
  return rule?.category ?? null;
}

/** Whether fields of these names (in snake case) make a postal address together. */
export function looksLikeAddress(names: readonly string[]): boolean {
  return names.some((name) => /^(.*_)?(street|city|town|post_?code|postal_?code|zip(_?code)?)$/.test(name));
}

/** Whether a field holds what proves who somebody is. It is of no use to the person and a danger to them in a package. */
export function isSecret(name: string): boolean {
  return /(^|_)(passwords?|passwd|pwd|secrets?|salt|otp|totp|mfa|api_?keys?|private_?key|(access|refresh|session|reset|auth|api)_?tokens?|token)(_|$)/.test(
    name,
  );
}

/** Special categories and offences (UK GDPR Articles 9 and 10): a purpose for them is for a person to declare. */
const SPECIAL = [
  'user.health_and_medical',
  'user.biometric',
  'user.criminal_history',
  'user.demographic.race_ethnicity',
  'user.demographic.religious_belief',
  'user.demographic.political_opinion',
  'user.demographic.sexual_orientation',
];

/**
 * The categories a first declaration may name, sorted, without those that another one covers; and what to tell of those
 * it may not.
 */
export function declarable(categories: readonly string[]): { declared: string[]; notes: string[] } {
  const all = [...new Set(categories)].sort();
  const special = all.filter((category) => SPECIAL.some((above) => covers(above, category)));
  const plain = all.filter((category) => !special.includes(category));
  const declared = plain.filter((category) => !plain.some((other) => other !== category && covers(other, category)));
  const why = 'declared for no purpose yet, as the law asks for more than a basis (Articles 9 and 10)';
  return { declared, notes: special.length > 0 ? [`${special.join(', ')}: ${why}`] : [] };
}
