/** Tables about one person each, by a word of their name. */
const PERSONS =
  /(^|_)(accounts?|applicants?|authors?|clients?|contacts?|customers?|donors?|employees?|guests?|holders?|learners?|members?|parents?|participants?|patients?|people|persons?|profiles?|pupils?|readers?|recipients?|staff|students?|subscribers?|subscriptions?|teachers?|tutors?|users?|visitors?|volunteers?)$/;

/** Tables about something else, whose e-mail address or number is nobody's own. */
const OTHERS =
  /(^|_)(branch(es)?|compan(y|ies)|configs?|configurations?|departments?|organi[sz]ations?|offices?|products?|schools?|settings?|shops?|sites?|stores?|suppliers?|templates?|tenants?|vendors?)$/;

const OWN = '(?:(?:user|customer|member|client|person|account|subscriber|contact|login|primary|personal|home|work)_)?';
const EMAIL = new RegExp(`^${OWN}(?:e_?mail|mail|e_?mail_?address)$`);
const PHONE = new RegExp(`^${OWN}(?:phone|mobile|telephone|tel|msisdn)(?:_(?:number|no))?$`);
const PERSON_NUMBER = /^(customer|member|user|client|person|subscriber)_(ref|reference|number|no|external_id)$/;
const EXTERNAL_ID = /^external_(id|ref|reference)$/;

/** Whether a table of this name (in snake case) has a row for each person. */
export function isOfPersons(table: string): boolean {
  return PERSONS.test(table) && !OTHERS.test(table);
}

/**
 * The identity a column's values may be, told from its name: null where they are none, or where they identify somebody
 * else, as `manager_email` does. A plain `external_id` counts in tables about persons alone: a product may have one too.
 *
 * @param table and column in snake case
 * @param beside the table's other columns
 */
export function guessIdentity(
  table: string,
  column: { readonly name: string; readonly dataType: string | null },
  beside: readonly string[],
): 'email' | 'phone_number' | 'external_id' | null {
  const { name, dataType } = column;
  if (OTHERS.test(table)) return null;
  const isText = dataType === 'string';
  if (isText && EMAIL.test(name)) return 'email';
  if (isText && PHONE.test(name)) return 'phone_number';
  if (!isText && dataType !== 'integer') return null;
  if (PERSON_NUMBER.test(name)) return 'external_id';
  const ofPerson = isOfPersons(table) || beside.some((other) => EMAIL.test(other));
  return EXTERNAL_ID.test(name) && ofPerson ? 'external_id' : null;
}
