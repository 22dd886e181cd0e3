import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HabeasError } from '../../src/errors.js';
import type { Caller } from '../../src/gate/caller.js';
import { breadthLimit, depthLimit } from '../../src/graph/limits.js';
import { type LiveGraph, openLiveGraph } from '../../src/graph/live-graph.js';
import type { SubgraphRequest } from '../../src/services/connector.js';
import type { Registry } from '../../src/services/registry.js';
import { numbersFrom } from '../acceptance/access-questions.js';
import { drawCaller } from '../support/gated/callers.js';
import { type Datum, NOWHERE, Oracle, rootFields, whyNot } from '../support/gated/oracle.js';
import { MATCHES, MEMBERS } from '../support/gated/people.js';
import { DrawnQuestions } from '../support/gated/questions.js';
import { publishPolicies, shuffleStandings } from '../support/gated/standings.js';
import { readPeople, readTrees, type Stores } from '../support/gated/stores.js';
import { type GatedWorld, openWorld, REGISTERED } from '../support/gated/world.js';

const SEED = Number(process.env.HABEAS_SEED ?? 20_260_504);
const CASES = Number(process.env.HABEAS_ROUNDS ?? 400);
const AT_ONCE = 16;

/** One question of one caller, with all that Habeas did for it. */
interface Case {
  readonly caller: Caller;
  readonly text: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Record<string, unknown>;
  readonly asked: { readonly service: string; readonly request: SubgraphRequest }[];
}

const current = new AsyncLocalStorage<Case>();
const oracle = new Oracle();
let gated: GatedWorld;
let graph: LiveGraph;
let trees: Stores['trees'];

/** The same services, with a note of what each is asked for which question. */
const listened = (registry: Registry): Registry => ({
  ...registry,
  connector: (service) => {
    const connector = registry.connector(service);
    return {
      ...connector,
      execute: (request, context) => {
        current.getStore()?.asked.push({ service, request });
        return connector.execute(request, context);
      },
    };
  },
});

beforeAll(async () => {
  gated = await openWorld(listened);
  const { world, store, company } = gated;
  await publishPolicies(store.sql);
  graph = await openLiveGraph(world.registry, { graphMs: 3_600_000, unclassified: 'refuse' }, world.log);
  trees = await readTrees(company.sql, REGISTERED);
});
afterAll(async () => {
  graph.close();
  await gated.close();
});

describe('what the graph tells whom', () => {
  it(`is what the stores say, in ${CASES} drawn cases (seed ${SEED})`, async () => {
    const number = numbersFrom(SEED);
    const draw = new DrawnQuestions(oracle.schema, number);
    const seen = new Map<string, number>();
    const differences: string[] = [];
    for (let done = 0; done < CASES && differences.length === 0; done += AT_ONCE) {
      await shuffleStandings(gated.store.sql, number);
      const stores: Stores = { people: await readPeople(gated.store.sql), trees };
      const cases: Case[] = [];
      while (cases.length < Math.min(AT_ONCE, CASES - done)) {
        const drawn = drawCase(draw, number, graph.schema);
        if (drawn) cases.push(drawn);
      }
      const outcomes = await Promise.all(cases.map((each) => current.run(each, () => outcomeOf(each))));
      for (const [index, each] of cases.entries()) {
        const expected = expectedOf(stores, each);
        const outcome = outcomes[index];
        count(seen, each, expected);
        const overasked = 'data' in expected ? askedInVain(stores, each) : each.asked.map(({ service }) => service);
        const found = [...differencesOf(outcome, expected), ...overasked];
        if (found.length === 0) continue;
        differences.push(`${found.slice(0, 12).join('\n')}\n${told(each)}`);
      }
    }
    differences.sort((one, other) => one.length - other.length);
    console.log(JSON.stringify([...seen].sort(), null, 0));
    expect(differences[0]).toBeUndefined();
  }, 3_600_000);
});

/** Where two answers differ, as `path: is, should be`. */
function differencesOf(is: unknown, should: unknown, at = ''): string[] {
  if (typeof is !== 'object' || typeof should !== 'object' || is === null || should === null) {
    return is === should ? [] : [`${at}: ${JSON.stringify(is)}, not ${JSON.stringify(should)}`];
  }
  const [one, other] = [is as Record<string, unknown>, should as Record<string, unknown>];
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const isInOrder = Object.keys(one).join() === Object.keys(other).join();
  const found = keys.flatMap((key) => differencesOf(one[key], other[key], `${at}.${key}`));
  return found.length > 0 || isInOrder ? found : [`${at}: keys in another order`];
}

const told = ({ caller, text, variables }: Case) => `${JSON.stringify(caller)}\n${text}\n${JSON.stringify(variables)}`;

function drawCase(draw: DrawnQuestions, number: () => number, schema: GraphQLSchema): Case | null {
  const caller = drawCaller(number);
  const own = caller.kind === 'SUBJECT' ? caller.accountId : null;
  const { text, variables } = draw.next((type, field) => oracle.likes(caller, type, field), own);
  const document = parse(text);
  const errors = validate(schema, document, [...specifiedRules, depthLimit, breadthLimit]);
  if (errors.length > 0 && !errors.every(({ extensions }) => extensions.code === 'QUERY_TOO_COMPLEX')) {
    throw new Error(`${errors[0]?.message}\n${text}`);
  }
  const operation = getOperationAST(document);
  return errors.length > 0 || !operation ? null : { caller, text, document, operation, variables, asked: [] };
}

type Outcome =
  | { readonly data: unknown; readonly errors: readonly string[]; readonly withheld: readonly string[] | null }
  | { readonly code: string; readonly fields: readonly string[] };

async function outcomeOf({ caller, document, operation, variables }: Case): Promise<Outcome> {
  const context = { world: gated.world, caller };
  try {
    graph.check(document, operation, context);
  } catch (error) {
    if (!(error instanceof HabeasError)) throw error;
    return { code: error.code, fields: [...(error.extensions.fields as string[])].sort() };
  }
  const answer = await graph.execute({ document, operation, variables, context });
  if (Symbol.asyncIterator in answer) throw new Error('a stream');
  const { data = null, errors = [], extensions } = JSON.parse(JSON.stringify(answer));
  const withheld = (extensions?.withheld ?? []) as { field: string; reason: string; accountIds: string[] }[];
  return {
    data,
    errors: inOrder(
      (errors as { path?: string[]; extensions: { code: string } }[]).map(
        ({ path, extensions: { code } }) => `${path?.join('.')} ${code}`,
      ),
      data,
    ),
    withheld: data && withheld.map(({ field, reason, accountIds }) => `${field} ${reason}: ${accountIds.join()}`),
  };
}

function expectedOf(stores: Stores, { caller, document, variables }: Case): Outcome {
  const refusal = oracle.refusal(caller, document);
  if (refusal) return refusal;
  const { data, errors, withheld } = oracle.answer(stores, caller, document, { ...variables });
  return { data: JSON.parse(JSON.stringify(data)), errors: inOrder(errors, data), withheld: data ? withheld : null };
}

/** Where one error took everything with it, which others there are is chance. */
const inOrder = (errors: readonly string[], data: unknown): string[] =>
  data === null ? [...new Set(errors.map((error) => error.replace(/^.* /, '')))] : [...errors].sort();

/** What the cases were like, by who asked. */
function count(seen: Map<string, number>, { caller }: Case, expected: Outcome): void {
  const what = !('data' in expected) ? 'refused' : expected.withheld?.length ? 'withheld' : 'told';
  const who = caller.kind === 'SERVICE' ? `${caller.affiliation} ${caller.purpose}` : caller.kind;
  for (const key of [what, `${what} ${who}`]) seen.set(key, (seen.get(key) ?? 0) + 1);
}

/** What services were asked although it may not be told, as `service: person: Type.field`. */
function askedInVain(stores: Stores, each: Case): string[] {
  if (each.caller.kind !== 'SERVICE') return [];
  const wanted = wantedPaths(each);
  return each.asked.flatMap(({ service, request }) =>
    entitiesIn(request).flatMap(({ nodes, fragments, representations }) =>
      representations.flatMap((representation) => {
        const { __typename: type } = representation;
        const owners = ownersOf(representation);
        const at = { fragments, variableValues: { ...request.variables } };
        const complaints = owners.map((id) => {
          const person = stores.people.get(id) ?? null;
          const path = type === 'Account' ? [] : ['club', 'matches'];
          const data = oracle.dataBelow(type, nodes, at, { ...NOWHERE, person, service, path });
          const text = print(request.document);
          // Unless a variable skips it all.
          if (data.length === 0 && !text.includes('@')) return [`${service}: ${id}: nothing is asked by ${text}`];
          const isMeant = (datum: Datum) =>
            whyNot(each, person, datum) === null ||
            wanted.some((other) => startsWith(other.path, datum.path) && whyNot(each, person, other) === null);
          return data.filter((datum) => !isMeant(datum)).map(({ field }) => `${service}: ${id}: ${field}`);
        });
        return complaints.some((found) => found.length === 0) ? [] : complaints.flat();
      }),
    ),
  );
}

/**
 * All that is asked of anybody, wherever in the question, skipped or not: what a variable skips is named to the
 * service, which skips it.
 */
function wantedPaths({ document: asked, variables }: Case): readonly Datum[] {
  const document = visit(asked, { Directive: () => null });
  const operation = getOperationAST(document);
  if (!operation) return [];
  const { coerced } = getVariableValues(oracle.schema, operation.variableDefinitions ?? [], variables);
  const fragments = fragmentsOf(document);
  const at = { fragments, variableValues: coerced ?? {} };
  const found: Datum[] = [];
  const below = (nodes: readonly FieldNode[]) => {
    found.push(...oracle.dataBelow('Account', nodes, at, NOWHERE));
    for (const link of oracle.linksBelow('Account', nodes, at)) below(link);
  };
  for (const nodes of rootFields(oracle.schema, operation, at)) if (nodes[0]?.name.value !== 'clubs') below(nodes);
  // What another value is worked out from is asked where it may be.
  const analysed = found.filter(({ field }) => field === 'Match.analysis');
  return [...found, ...analysed.map((datum) => ({ ...datum, needs: oracle.needs('Match', 'score', NOWHERE) }))];
}

const fragmentsOf = (document: DocumentNode): Record<string, FragmentDefinitionNode> =>
  Object.fromEntries(
    document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );

interface Representation {
  readonly __typename: string;
  readonly id: string;
}

function entitiesIn({ document, variables = {} }: SubgraphRequest) {
  const operation = getOperationAST(document);
  const fields = (operation?.selectionSet.selections ?? []).flatMap((each) => (each.kind === Kind.FIELD ? each : []));
  return fields
    .filter(({ name }) => name.value === '_entities')
    .map((node) => {
      const given = node.arguments?.[0]?.value;
      const name = given?.kind === Kind.VARIABLE ? given.name.value : '';
      const representations = (variables[name] ?? []) as readonly Representation[];
      return { nodes: [node], fragments: fragmentsOf(document), representations };
    });
}

/** Whose a thing is. */
function ownersOf({ __typename, id }: Representation): string[] {
  if (__typename === 'Account') return [id];
  if (!MATCHES.has(id)) throw new Error(`asked about a match ${id} that there is not`);
  return MEMBERS.filter(({ club }) => club?.matches.includes(id)).map((member) => member.id);
}

const startsWith = (path: readonly string[], start: readonly string[]) =>
  start.every((part, index) => path[index] === part || (part === 'matches' && path[index] === 'bestMatch'));
