import { readFileSync, statSync } from 'node:fs';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { Sql } from 'postgres';
import { parseUuid } from '../accounts/uuid.js';
import { type Client, findClient } from '../clients/clients.js';
import { type Config, ConfigError } from '../config.js';
import { readStandings } from '../consents/standing.js';
import { type Database, openDatabase } from '../database/database.js';
import { badInput, HabeasError } from '../errors.js';
import type { Standing } from '../gate/standing.js';
import { type Explanation, explainInvalid, explainOperation } from '../graph/explain/explanation.js';
import type { AskingClient } from '../graph/explain/mends.js';
import { breadthLimit, depthLimit, LIMITS } from '../graph/limits.js';
import { withAncestors } from '../services/purposes.js';
import { openManifestGraph } from './explain-graph.js';

export interface ExplainOptions {
  readonly client: string;
  readonly purpose?: string;
  readonly operation?: string;
  readonly account?: string;
}

export interface Explained {
  readonly explanation: Explanation;
  /** What limits what is said, one line each. */
  readonly notes: readonly string[];
  /** Whether the question is answered, all of it. */
  readonly isAnswered: boolean;
}

/**
 * Explains what becomes of the question in a file when a client asks it. Throws for what cannot be explained: no such
 * file, operation, client, purpose or account.
 */
export async function explainFile(config: Config, file: string, options: ExplainOptions): Promise<Explained> {
  const document = readDocument(file);
  const operation = operationOf(document, options.operation, file);
  const database = await openDatabase(config);
  try {
    const client = await clientNamed(database, options.client);
    const caller = callerOf(client, options.purpose);
    const standing = options.account === undefined ? null : await standingOf(database.sql, options.account, caller);
    const { composed, registry, notes } = await openManifestGraph(config);
    try {
      const told = [...notes, ...notesOn(client)];
      const errors = problemsOf(document, composed.schema);
      if (errors.length > 0)
        return { explanation: explainInvalid(operation, caller, errors), notes: told, isAnswered: false };
      const explanation = explainOperation({ document, operation, composed, registry, caller, standing });
      return { explanation, notes: told, isAnswered: !explanation.refused && explanation.never.length === 0 };
    } finally {
      await registry.close();
    }
  } finally {
    await database.close();
  }
}

function readDocument(file: string): DocumentNode {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new ConfigError(`There is no file ${file}.`);
  try {
    return parse(readFileSync(file, 'utf8'), { maxTokens: LIMITS.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const line = error.locations?.[0]?.line;
    throw new ConfigError(`${file}${line ? `:${line}` : ''}: ${error.message}`);
  }
}

function operationOf(document: DocumentNode, name: string | undefined, file: string): OperationDefinitionNode {
  const operation = getOperationAST(document, name);
  if (operation) return operation;
  const names = document.definitions.flatMap((each) =>
    each.kind === Kind.OPERATION_DEFINITION ? (each.name?.value ?? 'one without a name') : [],
  );
  throw badInput('--operation', `must name one of the operations in ${file}: ${names.join(', ') || 'there is none'}.`);
}

async function clientNamed({ db }: Database, name: string): Promise<Client> {
  const client = await findClient(db, name);
  if (!client) throw badInput('--client', `there is no client ${name}: have it registered first.`);
  if (client.revokedAt) throw badInput('--client', `${name} is revoked: nothing is answered to it.`);
  return client;
}

/** The client as it asks with this purpose; with a single one it need not be named. */
function callerOf({ id, name, affiliation, purposes }: Client, named: string | undefined): AskingClient {
  const purpose = named ?? (purposes.length === 1 ? purposes[0] : undefined);
  const registered = purposes.join(', ') || 'none';
  if (purpose === undefined) throw badInput('--purpose', `name one that ${name} is registered for: ${registered}.`);
  if (!purposes.includes(purpose)) {
    throw badInput('--purpose', `${name} is not registered for ${purpose}. Registered: ${registered}.`);
  }
  return { kind: 'SERVICE', clientId: id, name, affiliation, purposes, purpose };
}

async function standingOf(sql: Sql, id: string, { purpose }: AskingClient): Promise<Standing> {
  const accountId = parseUuid('--account', id);
  const standings = await readStandings(sql, [accountId], withAncestors(purpose));
  const standing = standings.get(accountId);
  if (!standing) throw badInput('--account', 'there is no account with this id.');
  return standing;
}

function problemsOf(document: DocumentNode, schema: GraphQLSchema): HabeasError[] {
  const errors = validate(schema, document, [...specifiedRules, depthLimit, breadthLimit], { maxErrors: 5 });
  return errors.map(({ message, locations, extensions }) => {
    const at = locations?.[0] ? `line ${locations[0].line}: ` : '';
    const code = extensions.code === 'QUERY_TOO_COMPLEX' ? 'QUERY_TOO_COMPLEX' : 'BAD_USER_INPUT';
    return new HabeasError(code, `${at}${message}`);
  });
}

const notesOn = ({ name, manifestId }: Client): string[] =>
  manifestId === null ? [] : [`${name} asks only the documents registered for it: this must be one of them.`];
