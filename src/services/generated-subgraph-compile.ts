import { collectFields, collectSubFields } from '@graphql-tools/utils';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import type { Json } from './connector.js';
import type { CollectionFace, FieldFace, ObjectFace } from './generated-subgraph-faces.js';

/** A question's document made ready for one set of answers to its `@skip` and `@include`. */
export interface CompiledQuestion {
  /** Keys of `__typename` at the root. */
  readonly typenames: readonly string[];
  readonly entities: readonly CompiledEntities[];
}

/** One `_entities` field. */
export interface CompiledEntities {
  readonly key: string;
  /** Of the representations. */
  readonly variable: string;
  readonly account: readonly AccountPart[];
}

export type AccountPart =
  | { readonly kind: 'constant'; readonly key: string; readonly value: Json }
  | { readonly kind: 'id'; readonly key: string }
  | { readonly kind: 'service'; readonly key: string; readonly parts: readonly ServicePart[] };

export type ServicePart =
  | { readonly kind: 'constant'; readonly key: string; readonly value: Json }
  | { readonly kind: 'held'; readonly key: string }
  | CollectionPart;

/** One collection of a person, as a connection. */
export interface CollectionPart {
  readonly kind: 'collection';
  readonly key: string;
  readonly face: CollectionFace;
  /** With its arguments. */
  readonly node: FieldNode;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Fields of the dataset that answering takes, sorted. */
  readonly fields: readonly string[];
  readonly count: boolean;
  readonly parts: readonly ConnectionPart[];
}

export type ConnectionPart =
  | { readonly kind: 'constant'; readonly key: string; readonly value: Json }
  | { readonly kind: 'total'; readonly key: string }
  | { readonly kind: 'nodes'; readonly key: string; readonly record: readonly RecordPart[] }
  | { readonly kind: 'edges'; readonly key: string; readonly parts: readonly EdgePart[] }
  | { readonly kind: 'page'; readonly key: string; readonly parts: readonly (readonly [key: string, name: string])[] };

export type EdgePart =
  | { readonly kind: 'constant'; readonly key: string; readonly value: Json }
  | { readonly kind: 'cursor'; readonly key: string }
  | { readonly kind: 'node'; readonly key: string; readonly record: readonly RecordPart[] };

export type RecordPart =
  | { readonly kind: 'constant'; readonly key: string; readonly value: Json }
  | {
      readonly kind: 'field';
      readonly key: string;
      readonly field: FieldFace;
      /** Where the value stands in the dataset, for messages. */
      readonly place: string;
      /** What is selected of an object; null for a plain value. */
      readonly inside: readonly RecordPart[] | null;
    };

interface Selected {
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
  readonly type: GraphQLObjectType | undefined;
  readonly definition: GraphQLField<unknown, unknown> | undefined;
}

/** Variables that decide what is selected at all. */
export function conditionsOf(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names].sort();
}

/** Compiles questions to the subgraph made of a service's collections. */
export class QuestionCompiler {
  readonly #faces: ReadonlyMap<string, CollectionFace>;

  constructor(
    private readonly schema: GraphQLSchema,
    faces: readonly CollectionFace[],
  ) {
    this.#faces = new Map(faces.map((face) => [face.name, face]));
  }

  /** Throws for a document that does not fit the schema: the graph asks no such question. */
  compile(document: DocumentNode, conditions: Readonly<Record<string, unknown>>): CompiledQuestion {
    const { operation, fragments } = partsOf(document);
    const root = this.schema.getQueryType();
    if (!root) throw new Error('A generated subgraph has no queries.');
    const { fields } = collectFields(this.schema, fragments, { ...conditions }, root, operation.selectionSet);
    const select = (type: GraphQLObjectType, nodes: readonly FieldNode[]): Selected[] => {
      const below = collectSubFields(this.schema, fragments, { ...conditions }, type, [...nodes]);
      return selectedOf(type, below.fields);
    };
    const compiled = { typenames: [] as string[], entities: [] as CompiledEntities[] };
    const account = this.schema.getType('Account');
    for (const { key, name, nodes } of selectedOf(root, fields)) {
      const given = nodes[0]?.arguments?.find((argument) => argument.name.value === 'representations')?.value;
      if (name === '__typename') compiled.typenames.push(key);
      else if (name === '_entities' && given?.kind === Kind.VARIABLE && isObjectType(account)) {
        const variable = given.name.value;
        compiled.entities.push({ key, variable, account: this.#account(select(account, nodes), select) });
      } else throw unknown(root.name, name);
    }
    return compiled;
  }

  #account(selected: readonly Selected[], select: Select): AccountPart[] {
    return selected.map(({ key, name, nodes, type }): AccountPart => {
      if (name === '__typename') return { kind: 'constant', key, value: 'Account' };
      if (name === 'id') return { kind: 'id', key };
      if (!type) throw unknown('Account', name);
      return { kind: 'service', key, parts: this.#service(type, select(type, nodes), select) };
    });
  }

  #service({ name: typeName }: GraphQLObjectType, selected: readonly Selected[], select: Select): ServicePart[] {
    return selected.map(({ key, name, nodes, type, definition }): ServicePart => {
      if (name === '__typename') return { kind: 'constant', key, value: typeName };
      const face = this.#faces.get(name);
      const [node] = nodes;
      if (!face && name === 'held') return { kind: 'held', key };
      if (!face || !type || !node || !definition) throw unknown(typeName, name);
      const below = select(type, nodes);
      const parts = below.map((part) => connectionPart(part, face, type.name, select));
      const fields = new Set(
        parts.flatMap(recordsIn).flatMap((part) => (part.kind === 'field' ? part.field.source : [])),
      );
      const count = parts.some(({ kind }) => kind === 'total');
      return { kind: 'collection', key, face, node, definition, fields: [...fields].sort(), count, parts };
    });
  }
}

type Select = (type: GraphQLObjectType, nodes: readonly FieldNode[]) => Selected[];

function connectionPart(
  { key, name, nodes, type }: Selected,
  face: CollectionFace,
  typeName: string,
  select: Select,
): ConnectionPart {
  if (name === '__typename') return { kind: 'constant', key, value: typeName };
  if (name === 'totalCount') return { kind: 'total', key };
  if (!type) throw unknown(typeName, name);
  const below = select(type, nodes);
  if (name === 'nodes')
    return { kind: 'nodes', key, record: recordParts(below, face.record, face.collection.name, select) };
  if (name === 'edges')
    return { kind: 'edges', key, parts: below.map((part) => edgePart(part, face, type.name, select)) };
  return { kind: 'page', key, parts: below.map((part) => [part.key, part.name]) };
}

function edgePart(
  { key, name, nodes, type }: Selected,
  face: CollectionFace,
  typeName: string,
  select: Select,
): EdgePart {
  if (name === '__typename') return { kind: 'constant', key, value: typeName };
  if (name === 'cursor') return { kind: 'cursor', key };
  if (!type) throw unknown(typeName, name);
  return { kind: 'node', key, record: recordParts(select(type, nodes), face.record, face.collection.name, select) };
}

function recordParts(selected: readonly Selected[], face: ObjectFace, at: string, select: Select): RecordPart[] {
  return selected.map(({ key, name, nodes, type }): RecordPart => {
    if (name === '__typename') return { kind: 'constant', key, value: face.typeName };
    const field = face.fields.find((candidate) => candidate.name === name);
    if (!field) throw unknown(face.typeName, name);
    const place = `${at}.${field.source}`;
    const inside =
      typeof field.type === 'string' || !type ? null : recordParts(select(type, nodes), field.type, place, select);
    return { kind: 'field', key, field, place, inside };
  });
}

function recordsIn(part: ConnectionPart): readonly RecordPart[] {
  if (part.kind === 'nodes') return part.record;
  return part.kind === 'edges' ? part.parts.flatMap((edge) => (edge.kind === 'node' ? edge.record : [])) : [];
}

function selectedOf(type: GraphQLObjectType, fields: ReadonlyMap<string, readonly FieldNode[]>): Selected[] {
  const known = type.getFields();
  return [...fields].map(([key, nodes]) => {
    const name = nodes[0]?.name.value ?? '';
    const definition = known[name];
    const below = definition && getNamedType(definition.type);
    return { key, name, nodes, definition, type: isObjectType(below) ? below : undefined };
  });
}

const unknown = (type: string, field: string) => new Error(`A generated subgraph has no field ${type}.${field}.`);

function partsOf(document: DocumentNode): {
  operation: OperationDefinitionNode;
  fragments: Record<string, FragmentDefinitionNode>;
} {
  const fragments: Record<string, FragmentDefinitionNode> = {};
  let operation: OperationDefinitionNode | undefined;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    else if (definition.kind === Kind.OPERATION_DEFINITION) operation = definition;
  }
  if (!operation) throw new Error('A question came without an operation.');
  return { operation, fragments };
}
