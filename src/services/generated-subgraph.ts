import {
  buildSchema,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import { HabeasError, ServiceError } from '../errors.js';
import type { CollectionAnswer } from './collection-reader.js';
import type { DataRecord, Json, SubgraphContext, SubgraphRequest, Subject } from './connector.js';
import {
  type CollectionFace,
  collectionFaces,
  type FieldFace,
  pascalCase,
  type ScalarNames,
} from './generated-subgraph-faces.js';
import { type PageArguments, RequestLoads, type SubgraphSource } from './generated-subgraph-loads.js';
import { printSubgraph } from './generated-subgraph-sdl.js';
import { fitValue, UnfitValue } from './generated-subgraph-values.js';
import type { Service } from './service.js';

export type { ScalarNames } from './generated-subgraph-faces.js';
export type { SubgraphSource } from './generated-subgraph-loads.js';

/** A subgraph Habeas makes of a manifest's datasets, answered in this process. */
export interface GeneratedSubgraph {
  /** Federation 2 SDL, `@personalData` on every field of a record. */
  readonly sdl: string;
  /**
   * Answers `_entities` for accounts, and `_service`. Each collection is read once for all people asked about. An
   * account without a subject is null. Errors keep their code; whatever else breaks is masked.
   * @param source reads for this request alone; by default the reader the subgraph was made with.
   */
  execute(request: SubgraphRequest, context: SubgraphContext, source?: SubgraphSource): Promise<ExecutionResult>;
}

interface Request {
  readonly context: SubgraphContext;
  readonly loads: RequestLoads;
}

interface Person {
  readonly __typename: 'Account';
  readonly id: string;
  readonly subject: Subject;
}

interface Page {
  readonly after: string | null;
  readonly answer: CollectionAnswer;
}

type Resolve<Source> = GraphQLFieldResolver<Source, Request>;

const MACHINERY = `
scalar _Any
union _Entity = Account
type _Service { sdl: String }
type Query {
  _entities(representations: [_Any!]!): [_Entity]!
  _service: _Service!
}`;

/** Throws where two names of the manifest become one in the graph, naming the mend. */
export function generateSubgraph(service: Service, types: ScalarNames, reader: SubgraphSource): GeneratedSubgraph {
  const faces = collectionFaces(service, types);
  const sdl = printSubgraph(service, faces, faces.length === 0 && reader.held !== undefined);
  const schema = buildSchema(sdl + MACHINERY, { assumeValidSDL: true, noLocation: true });
  attachResolvers(schema, service, faces, sdl);
  return {
    sdl,
    async execute(request, context, source = reader) {
      const answer = await execute({
        schema,
        document: request.document,
        variableValues: request.variables ?? {},
        contextValue: { context, loads: new RequestLoads(source) } satisfies Request,
      });
      return answer.errors ? { ...answer, errors: answer.errors.map((error) => mask(error, service)) } : answer;
    },
  };
}

function attachResolvers(schema: GraphQLSchema, service: Service, faces: readonly CollectionFace[], sdl: string): void {
  const root = pascalCase(service.field);
  resolveWith<unknown>(schema, 'Query', { _entities: people, _service: () => ({ sdl }) });
  resolveWith<Person>(schema, 'Account', { [service.field]: (person) => person });
  resolveWith<Person>(schema, root, {
    held: ({ subject }, _none, { loads }) => loads.held(subject),
    ...Object.fromEntries(faces.map((face) => [face.name, collectionPage(face)])),
  });
  for (const face of faces) {
    const { typeName } = face.record;
    resolveWith<Page>(schema, `${typeName}Connection`, {
      edges: ({ answer }) => answer.records.map(({ cursor, record }) => ({ cursor, node: record })),
      nodes: ({ answer }) => answer.records.map(({ record }) => record),
      totalCount: ({ answer }) => answer.totalCount,
      pageInfo: ({ answer, after }) => ({
        hasNextPage: answer.hasNextPage,
        hasPreviousPage: after !== null,
        startCursor: answer.records[0]?.cursor ?? null,
        endCursor: answer.records.at(-1)?.cursor ?? null,
      }),
    });
    attachRecord(schema, service, face.collection.name, typeName, face.record.fields);
  }
}

function attachRecord(
  schema: GraphQLSchema,
  service: Service,
  place: string,
  typeName: string,
  fields: readonly FieldFace[],
): void {
  const resolvers = fields.map((field) => {
    const here = `${place}.${field.source}`;
    if (typeof field.type !== 'string') attachRecord(schema, service, here, field.type.typeName, field.type.fields);
    return [field.name, (record: DataRecord) => fieldValue(service, here, field, record[field.source])] as const;
  });
  resolveWith<DataRecord>(schema, typeName, Object.fromEntries(resolvers));
}

function fieldValue(service: Service, place: string, field: FieldFace, value: Json | undefined): Json {
  try {
    if (typeof field.type === 'string') return fitValue(value, field.type, field.list);
    const objects = fitValue(value, 'JSON', field.list);
    const all = field.list && Array.isArray(objects) ? objects : [objects];
    if (all.some((item) => Array.isArray(item) || typeof item !== 'object')) throw new UnfitValue('object');
    return objects;
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    throw new ServiceError(
      service.name,
      'SERVICE_ANSWER_INVALID',
      `${service.title} holds a value that is no ${error.scalar} in ${place}: correct data_type in its dataset.`,
    );
  }
}

/** Finds all people of one `_entities` field in one go. */
const people: Resolve<unknown> = async (_source, { representations }, { context }) => {
  const ids = (representations as unknown[]).map(accountId);
  const asked = ids.filter((id) => id !== null);
  const subjects = await context.subjects(asked);
  const found = new Map(asked.map((id, index) => [id, subjects[index] ?? null]));
  return ids.map((id): Person | null => {
    const subject = id === null ? null : found.get(id);
    return id !== null && subject ? { __typename: 'Account', id, subject } : null;
  });
};

function accountId(representation: unknown): string | null {
  if (typeof representation !== 'object' || representation === null) return null;
  const { __typename, id } = representation as { __typename?: unknown; id?: unknown };
  return __typename === 'Account' && (typeof id === 'string' || typeof id === 'number') ? String(id) : null;
}

function collectionPage(face: CollectionFace): Resolve<Person> {
  return async ({ subject }, page: PageArguments, { loads }, info): Promise<Page> => ({
    after: page.after ?? null,
    answer: await loads.page(subject, face, page, info),
  });
}

function resolveWith<Source>(
  schema: GraphQLSchema,
  typeName: string,
  resolvers: Readonly<Record<string, Resolve<Source>>>,
): void {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) return;
  const fields = type.getFields();
  for (const [name, resolve] of Object.entries(resolvers)) {
    const field = fields[name];
    if (field) field.resolve = resolve;
  }
}

/** graphql-js writes values into its own messages, so only errors written for callers pass. */
function mask(error: GraphQLError, service: Service): GraphQLError {
  if (error.originalError instanceof HabeasError) return error;
  const masked = new HabeasError('INTERNAL_SERVER_ERROR', `${service.title} could not be asked.`);
  return new GraphQLError(masked.message, {
    extensions: masked.extensions,
    originalError: error.originalError ?? error,
    ...(error.path ? { path: error.path } : {}),
  });
}
