import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { countAccounts } from '../accounts/accounts.js';
import { ensureClient } from '../clients/clients.js';
import { projectRoot } from '../database/project-root.js';
import { developmentToken } from '../server/development-issuer.js';
import { type Question, readQuestions } from '../server/ide.js';
import { publishPolicies } from './company-policies.js';
import type { Foundation } from './run.js';

/** The demo company, as `examples/company.ts` starts it. */
export interface Company {
  readonly env: Readonly<Record<string, string>>;
  readonly manifests: string;
  stop(): Promise<void>;
}

interface Examples {
  startCompany(options: {
    dataDirectory: string;
    jwksUrl: string;
    issuer: string;
    log?: (line: string) => void;
  }): Promise<Company>;
  registerPeople(options: {
    url: string;
    token: string;
    onProgress?: (done: number, total: number) => void;
  }): Promise<number>;
  PERSON_OF_THE_DEMO: { accountId: string };
}

const WRITER = 'audit-tool';
const WRITING_PURPOSE = 'essential.service';

/** The compiled examples. They are not part of the product: without them there is no demo company. */
async function examples(): Promise<Examples> {
  const folder = new URL('dist/examples/', projectRoot());
  if (!existsSync(new URL('company.js', folder))) {
    throw new Error(
      'HABEAS_SERVICES: set it to a folder of service manifests (the demo company is not installed here).',
    );
  }
  const load = async (file: string) => import(new URL(file, folder).href);
  return {
    ...(await load('company.js')),
    ...(await load('people/person.js')),
    // Inventing the people takes a library that only the first start needs.
    registerPeople: async (options) => (await load('register-people.js')).registerPeople(options),
  };
}

export async function startDemoCompany(foundation: Foundation): Promise<Company> {
  const { startCompany } = await examples();
  const { config, publicUrl, log } = foundation;
  return startCompany({
    dataDirectory: config.dataDirectory,
    jwksUrl: `${publicUrl}/.well-known/jwks.json`,
    issuer: publicUrl,
    log: (line) => log.warn({ line }, 'demo company'),
  });
}

const Clients = z.array(
  z.object({
    name: z.string(),
    affiliation: z.enum(['affiliated', 'external']),
    country: z.string(),
    purposes: z.array(z.string()),
  }),
);

/** Registers the company's clients, publishes its policies and, on the first start, registers its people. */
export async function introduceCompany(
  foundation: Foundation,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { config, database, keys, publicUrl } = foundation;
  const file = new URL('examples/clients.yml', projectRoot());
  for (const client of Clients.parse(parse(readFileSync(file, 'utf8')))) {
    const affiliation = client.affiliation === 'external' ? 'EXTERNAL' : 'AFFILIATED';
    await ensureClient(database.db, { ...client, affiliation });
  }
  await publishPolicies(database.db);
  const { registerPeople } = await examples();
  const PEOPLE = 1_000;
  if ((await countAccounts(database.db)) >= PEOPLE) return;
  const token = await developmentToken(config, keys, { kind: 'client', name: WRITER, purpose: WRITING_PURPOSE });
  await registerPeople({ url: `${publicUrl}/graphql`, token, onProgress });
}

/** Something to try first: a person, a token for each role and questions to ask with them. */
export interface Introduction {
  readonly personId: string;
  readonly tokens: { readonly person: string; readonly service: string; readonly staff: string };
  readonly questions: readonly Question[];
}

export async function introduction({ config, keys }: Foundation): Promise<Introduction> {
  const { PERSON_OF_THE_DEMO } = await examples();
  const personId = PERSON_OF_THE_DEMO.accountId;
  const person = await developmentToken(config, keys, { kind: 'subject', accountId: personId });
  const service = await developmentToken(config, keys, { kind: 'client', name: WRITER, purpose: WRITING_PURPOSE });
  const staff = await developmentToken(config, keys, { kind: 'staff', role: 'dps' });
  const folder = fileURLToPath(new URL('examples/questions', projectRoot()));
  const tokenFor: Readonly<Record<string, string>> = {
    'one-question-four-services': service,
    'what-you-hold-about-me': person,
    'staff-queue': staff,
  };
  const questions = readQuestions(folder).map((question) => ({
    ...question,
    headers: JSON.stringify({ authorization: `Bearer ${tokenFor[question.name] ?? person}` }, null, 2),
    variables: question.text.includes('$id') ? JSON.stringify({ id: personId }, null, 2) : '{}',
  }));
  return { personId, tokens: { person, service, staff }, questions };
}
