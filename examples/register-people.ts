import type { Person } from './people/person.js';
import { people } from './people.js';

export interface RegisterOptions {
  /** Address of the graph. */
  readonly url: string;
  /** Token of a client that may write accounts, naming its purpose. */
  readonly token: string;
  readonly onProgress?: (done: number, total: number) => void;
}

const AT_ONCE = 4;
/** As many as the graph takes in one request. */
const TOGETHER = 10;

/** Registers everybody the demo company knows, through the graph as any service would. Those already there stay. */
export async function registerPeople({ url, token, onProgress }: RegisterOptions): Promise<number> {
  const everybody = people();
  const waiting = [...everybody];
  let done = 0;
  const worker = async () => {
    for (let next = waiting.splice(0, TOGETHER); next.length > 0; next = waiting.splice(0, TOGETHER)) {
      await registerTogether(url, token, next);
      done += next.length;
      onProgress?.(done, everybody.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return done;
}

/** One who is there already ends a request for several; the others are then asked for one by one. */
async function registerTogether(url: string, token: string, those: readonly Person[]): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: registrationOf(those.length), variables: variablesOf(those) }),
  });
  const { errors } = (await answer.json()) as { errors?: { message: string; extensions?: { code?: string } }[] };
  const failure = errors?.find((error) => error.extensions?.code !== 'CONFLICT');
  if (failure) throw new Error(`Registering people of the demo company failed: ${failure.message}`);
  if (errors && those.length > 1) for (const one of those) await registerTogether(url, token, [one]);
}

/** A mutation for so many people, each in a variable of their own. */
function registrationOf(count: number): string {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const variables = numbers.map((number) => `$p${number}: RegisterAccountInput!`);
  const fields = numbers.map((number) => `p${number}: registerAccount(input: $p${number}) { account { id } }`);
  return `mutation RegisterPeople(${variables.join(', ')}) { ${fields.join(' ')} }`;
}

const variablesOf = (those: readonly Person[]) =>
  Object.fromEntries(those.map((person, number) => [`p${number}`, inputOf(person)]));

function inputOf(person: Person) {
  const { accountId, givenName, familyName, displayName, emails, phone } = person;
  const { organisation, jobTitle, postalAddress, locale, externalIds } = person;
  return {
    id: accountId,
    profile: {
      givenName,
      familyName,
      displayName,
      email: emails[0],
      phone,
      organisation,
      jobTitle,
      postalAddress,
      locale,
    },
    identifiers: emails.map((value) => ({ type: 'EMAIL', value, verified: true })),
    links: Object.entries(externalIds).map(([service, externalId]) => ({ service, externalId })),
    ...marketingOf(person),
  };
}

/** Some of those who know the newsletter have said what they want to hear of; one in a hundred or so, of nothing at all. */
function marketingOf({ accountId, externalIds }: Person): { marketingPreferences?: object } {
  if (externalIds.newsletter === undefined) return {};
  const die = Number.parseInt(accountId.slice(-2), 16);
  if (die < 4) return { marketingPreferences: { optOutOfAll: true } };
  if (die >= 64) return {};
  const topics = ['ehcp-audit-tool', 'training', 'news'].map((topic, nth) => ({
    topic,
    allowed: (die >> nth) % 2 === 1,
  }));
  const channels = [
    { channel: 'EMAIL', allowed: true },
    { channel: 'PHONE', allowed: false },
  ];
  return { marketingPreferences: { channels, topics } };
}
