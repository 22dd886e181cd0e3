import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  Kind,
  print,
  valueFromASTUntyped,
} from 'graphql';
import { HabeasError } from '../errors.js';
import type { Json, SubgraphContext, SubgraphRequest } from './connector.js';
import { AnswerBuilder, type Person } from './generated-subgraph-build.js';
import {
  type CompiledEntities,
  type CompiledQuestion,
  conditionsOf,
  QuestionCompiler,
} from './generated-subgraph-compile.js';
import { collectionFaces, type ScalarNames } from './generated-subgraph-faces.js';
import { type Reads, readAll, type SubgraphSource } from './generated-subgraph-reads.js';
import { printSubgraph } from './generated-subgraph-sdl.js';
import type { Service } from './service.js';

export type { ScalarNames } from './generated-subgraph-faces.js';
export type { SubgraphSource } from './generated-subgraph-reads.js';

/** A subgraph Habeas makes of a manifest's datasets, answered in this process. */
export interface GeneratedSubgraph {
  /** Federation 2 SDL, `@personalData` on every field of a record. */
  readonly sdl: string;
  /**
   * Answers `_entities` for accounts. Each collection is read once for all people asked about. An account without a
   * subject is null. Errors keep their code; whatever else breaks is masked.
   * @param source reads for this request alone; by default the reader the subgraph was made with.
   */
  execute(request: SubgraphRequest, context: SubgraphContext, source?: SubgraphSource): Promise<ExecutionResult>;
}

const MACHINERY = `
scalar _Any
union _Entity = Account
type Query { _entities(representations: [_Any!]!): [_Entity]! }`;

/** Throws where two names of the manifest become one in the graph, naming the mend. */
export function generateSubgraph(service: Service, types: ScalarNames, reader: SubgraphSource): GeneratedSubgraph {
  const faces = collectionFaces(service, types);
  const sdl = printSubgraph(service, faces, faces.length === 0 && reader.held !== undefined);
  const schema = buildSchema(sdl + MACHINERY, { assumeValidSDL: true, noLocation: true });
  const questions = new CompiledQuestions(new QuestionCompiler(schema, faces));
  return {
    sdl,
    async execute(request, context, source = reader) {
      try {
        return await answer(questions.of(request), context, source, service);
      } catch (error) {
        if (error instanceof HabeasError) throw error;
        const { message, extensions } = new HabeasError(
          'INTERNAL_SERVER_ERROR',
          `${service.title} could not be asked.`,
        );
        return { data: null, errors: [new GraphQLError(message, { extensions, originalError: error as Error })] };
      }
    },
  };
}

interface Asked {
  readonly question: CompiledQuestion;
  /** With the defaults the document gives. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Everything is read first, all of it at the same time; the answer is then built in one go. */
async function answer(
  { question, variables }: Asked,
  context: SubgraphContext,
  source: SubgraphSource,
  service: Service,
): Promise<ExecutionResult> {
  const gathered = await Promise.all(
    question.entities.map(async (entities) => {
      const people = await peopleOf(entities, variables, context);
      const subjects = people.flatMap((person) => person?.subject ?? []);
      return { entities, people, reads: await readAll(entities.account, subjects, source, variables) };
    }),
  );
  const builder = new AnswerBuilder(service);
  const data: { [key: string]: Json } = Object.fromEntries(question.typenames.map((key) => [key, 'Query']));
  for (const { entities, people, reads } of gathered as {
    entities: CompiledEntities;
    people: People;
    reads: Reads;
  }[]) {
    data[entities.key] = builder.entities(entities.key, people, entities.account, reads);
  }
  return { data, ...(builder.errors.length > 0 ? { errors: builder.errors } : {}) };
}

type People = readonly (Person | null)[];

/** Finds all people of one `_entities` field in one go. */
async function peopleOf(
  { variable }: CompiledEntities,
  variables: Readonly<Record<string, unknown>>,
  context: SubgraphContext,
): Promise<People> {
  const representations = variables[variable];
  const ids = (Array.isArray(representations) ? representations : []).map(accountId);
  const subjects = await context.subjects(ids.filter((id) => id !== null));
  let asked = 0;
  let place = 0;
  return ids.map((id): Person | null => {
    const subject = id === null ? null : subjects[asked++];
    return id !== null && subject ? { id, subject, place: place++ } : null;
  });
}

function accountId(representation: unknown): string | null {
  if (typeof representation !== 'object' || representation === null) return null;
  const { __typename, id } = representation as { __typename?: unknown; id?: unknown };
  return __typename === 'Account' && (typeof id === 'string' || typeof id === 'number') ? String(id) : null;
}

const MOST_KEPT = 2_000;

interface Known {
  /** Variables that decide what is selected, and the question compiled for their values so far. */
  readonly conditions: readonly string[];
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly compiled: Map<string, CompiledQuestion>;
}

/** Compiled questions by their text; those not asked for longest go first. */
class CompiledQuestions {
  readonly #byText = new Map<string, Known>();
  readonly #texts = new WeakMap<DocumentNode, string>();

  constructor(private readonly compiler: QuestionCompiler) {}

  of({ document, text = this.#textOf(document), variables = {} }: SubgraphRequest): Asked {
    const known = this.#byText.get(text) ?? this.#add(text, document);
    const { defaults, conditions, compiled } = known;
    const given = { ...defaults, ...variables };
    const key = conditions.map((name) => given[name] === true).join();
    let question = compiled.get(key);
    if (!question) {
      question = this.compiler.compile(
        document,
        Object.fromEntries(conditions.map((name) => [name, given[name] === true])),
      );
      compiled.set(key, question);
    }
    return { question, variables: given };
  }

  #add(text: string, document: DocumentNode): Known {
    const known = { conditions: conditionsOf(document), defaults: defaultsOf(document), compiled: new Map() };
    const [oldest] = this.#byText.size < MOST_KEPT ? [] : this.#byText.keys();
    if (oldest !== undefined) this.#byText.delete(oldest);
    this.#byText.set(text, known);
    return known;
  }

  #textOf(document: DocumentNode): string {
    const known = this.#texts.get(document) ?? print(document);
    this.#texts.set(document, known);
    return known;
  }
}

function defaultsOf(document: DocumentNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? (definition.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
            defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
          )
        : [],
    ),
  );
}
