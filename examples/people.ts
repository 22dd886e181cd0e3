import { base, en, en_GB, Faker, generateMersenne53Randomizer } from '@faker-js/faker';
import { jobTitles, organisations } from './people/organisations.js';
import { accountIdOf, PERSON_OF_THE_DEMO, type Person, REFERENCE_DATE, SERVICES } from './people/person.js';
import { UNUSUAL_NAMES, type UnusualName } from './people/unusual-names.js';

export type { Person, ServiceName } from './people/person.js';
export { accountIdOf, PERSON_OF_THE_DEMO, REFERENCE_DATE, SERVICES } from './people/person.js';

const PEOPLE = 1000;
const HEAVY = 12;
const FIRST_HEAVY = 1;
const FIRST_UNUSUAL = FIRST_HEAVY + HEAVY;

/** Account ids to try things with. */
export const EXAMPLE_IDS = {
  demo: PERSON_OF_THE_DEMO.accountId,
  /** About nine thousand records in four services. */
  heaviest: accountIdOf(FIRST_HEAVY),
  apostrophe: accountIdOfMailbox('aoife.obrien'),
  rightToLeft: accountIdOfMailbox('fatima.alzahra'),
  veryLongName: accountIdOfMailbox('m.featherstonehaugh'),
  unknownToEveryService: accountIdOf(PEOPLE - 1),
} as const;

/** A source of invented values that says the same things in every run, apart from every other seed. */
export function fakerOf(seed: number): Faker {
  const faker = new Faker({ locale: [en_GB, en, base], randomizer: generateMersenne53Randomizer(seed) });
  faker.setDefaultRefDate(REFERENCE_DATE);
  return faker;
}

/**
 * The thousand people of the demo, always the same: first the person of the demo, then twelve with thousands of
 * records, then those with unusual names, then the others.
 */
export function people(): Person[] {
  const faker = fakerOf(20260901);
  const places = organisations();
  const taken = new Set(PERSON_OF_THE_DEMO.emails);
  const others = Array.from({ length: PEOPLE - 1 }, (_, i) => makePerson(faker, i + 1, places, taken));
  return [PERSON_OF_THE_DEMO, ...others];
}

function makePerson(faker: Faker, index: number, places: ReturnType<typeof organisations>, taken: Set<string>): Person {
  const name = UNUSUAL_NAMES[index - FIRST_UNUSUAL] ?? usualName(faker);
  const place = faker.helpers.arrayElement(places);
  const accountId = accountIdOf(index);
  const heavy = index >= FIRST_HEAVY && index < FIRST_UNUSUAL;
  const emails = [unused(name.mailbox, place.domain, taken)];
  if (heavy || faker.datatype.boolean(0.3)) emails.push(unused(name.mailbox, 'private-mail.example', taken));
  return {
    accountId,
    givenName: name.givenName,
    familyName: name.familyName,
    displayName: name.displayName ?? `${name.givenName} ${name.familyName}`,
    emails,
    phone: phone(index),
    organisation: place.name,
    jobTitle: faker.helpers.arrayElement(jobTitles(place.kind)),
    postalAddress: `${faker.location.buildingNumber()} ${faker.location.street()}, ${place.town}, ${postcode(faker, place.town)}`,
    locale: name.locale,
    registeredAt: faker.date.between({ from: '2019-09-01T00:00:00Z', to: '2026-06-30T00:00:00Z' }),
    externalIds: externalIds(faker, index, accountId, heavy),
    volume: heavy ? 'heavy' : 'light',
  };
}

function usualName(faker: Faker): UnusualName {
  const givenName = faker.person.firstName();
  const familyName = faker.person.lastName();
  const mailbox = `${givenName}.${familyName}`.toLowerCase().replace(/[^a-z.-]/g, '');
  return { givenName, familyName, mailbox, locale: 'en-GB' };
}

/** Two people of one name at one school get a number, as schools do. */
function unused(mailbox: string, domain: string, taken: Set<string>): string {
  let address = `${mailbox}@${domain}`;
  for (let n = 2; taken.has(address); n += 1) address = `${mailbox}${n}@${domain}`;
  taken.add(address);
  return address;
}

/** Ofcom keeps a thousand mobile and a thousand landline numbers free for drama; everybody has one of their own. */
function phone(index: number): string {
  const lastDigits = String(index).padStart(3, '0');
  return index % 5 === 4 ? `+441632960${lastDigits}` : `+447700900${lastDigits}`;
}

/** Looks like a postcode; no postcode area of the UK ends in Z. */
function postcode(faker: Faker, town: string): string {
  return faker.helpers.replaceSymbols(`${town.charAt(0)}Z# #??`);
}

/** Of every twenty people seven are known to all four services, four each to three, to two and to one, and one to none. */
function externalIds(faker: Faker, index: number, accountId: string, heavy: boolean): Person['externalIds'] {
  const place = index % 20;
  const known = heavy || place < 7 ? 4 : place < 11 ? 3 : place < 15 ? 2 : place < 19 ? 1 : 0;
  const number = String(index + 1);
  const ids: Record<(typeof SERVICES)[number], string> = {
    ehcp_audit: `M-${number.padStart(6, '0')}`,
    training: accountId,
    support: `SUP-${faker.string.fromCharacters('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 8)}`,
    newsletter: `R-${100000 + index + 1}`,
  };
  const names = faker.helpers.arrayElements(SERVICES, known);
  return Object.fromEntries(SERVICES.filter((name) => names.includes(name)).map((name) => [name, ids[name]]));
}

function accountIdOfMailbox(mailbox: string): string {
  return accountIdOf(FIRST_UNUSUAL + UNUSUAL_NAMES.findIndex((name) => name.mailbox === mailbox));
}
