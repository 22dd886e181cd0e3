import { people } from './people.js';

export interface RegisterOptions {
  /** Address of the graph. */
  readonly url: string;
  /** Token of a client that may write accounts, naming its purpose. */
  readonly token: string;
  readonly onProgress?: (done: number, total: number) => void;
}

const AT_ONCE = 8;

const REGISTER = /* GraphQL */ `
  mutation RegisterPerson($input: RegisterAccountInput!) {
    registerAccount(input: $input) {
      account {
        id
      }
    }
  }
`;

/** Registers everybody the demo company knows, through the graph as any service would. Those already there stay. */
export async function registerPeople({ url, token, onProgress }: RegisterOptions): Promise<number> {
  const everybody = people();
  const waiting = [...everybody.entries()];
  let done = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await registerOne(url, token, next[1]);
      done += 1;
      onProgress?.(done, everybody.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return done;
}

async function registerOne(url: string, token: string, person: ReturnType<typeof people>[number]): Promise<void> {
  const { accountId, givenName, familyName, displayName, emails, phone } = person;
  const { organisation, jobTitle, postalAddress, locale, externalIds } = person;
  const input = {
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
  };
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: REGISTER, variables: { input } }),
  });
  const { errors } = (await answer.json()) as { errors?: { message: string; extensions?: { code?: string } }[] };
  const failure = errors?.find((error) => error.extensions?.code !== 'CONFLICT');
  if (failure) throw new Error(`Registering a person of the demo company failed: ${failure.message}`);
}
