import { type CollectionFace, type FieldFace, type ObjectFace, pascalCase } from './generated-subgraph-faces.js';
import { printDescription, printPersonalData, subgraphHeader } from './personal-data-directive.js';
import { purposesOf } from './purposes.js';
import type { Service } from './service.js';

const SCALARS: Readonly<Record<string, string>> = {
  DateTime: 'A moment as RFC 3339, in UTC.',
  Date: 'A calendar date as ISO 8601.',
  JSON: 'Any JSON value.',
};

/** Only that something is held is of no narrower category than all of a person's data. */
const HELD_CATEGORY = 'user';

/** The Federation 2 SDL of a service's collections; `held` adds the one field that tells whether anything is held. */
export function printSubgraph(service: Service, collections: readonly CollectionFace[], held: boolean): string {
  const root = pascalCase(service.field);
  const types = collections.flatMap((face) => [connectionTypes(face), ...objectTypes(face.record)]);
  const fields = [
    ...collections.map(collectionField),
    ...(held
      ? [
          `${printDescription(`Whether ${service.title} holds data about this person. What it holds is classified by no dataset, so it is in exports only.`)}
  held: Boolean ${printPersonalData({ category: HELD_CATEGORY, purposes: purposesOf(service, [HELD_CATEGORY]) })}`,
        ]
      : []),
  ];
  const described = (text: string, rest: string) => `${printDescription(text)}\n${rest}`;
  const account = [`${printDescription('The account, known to every service by this id.')}\n  id: ID!`];
  if (fields.length > 0) {
    account.push(
      `${printDescription(service.description ?? `What ${service.title} holds.`)}\n  ${service.field}: ${root}`,
    );
  }
  return [
    subgraphHeader(collections.length > 0 ? ['@shareable'] : []),
    described('One person.', `type Account @key(fields: "id") {\n  ${account.join('\n  ')}\n}`),
    ...(fields.length > 0
      ? [described(`What ${service.title} holds about one person.`, `type ${root} {\n  ${fields.join('\n  ')}\n}`)]
      : []),
    ...types,
    ...(collections.length > 0 ? [PAGE_INFO] : []),
    ...scalarsOf(collections).map((name) => described(SCALARS[name] ?? name, `scalar ${name}`)),
  ].join('\n\n');
}

const PAGE_INFO = `"""Where a page stands in its connection."""
type PageInfo @shareable {
  """Whether records follow."""
  hasNextPage: Boolean!
  """Whether records come before."""
  hasPreviousPage: Boolean!
  """Cursor of the first record; null on an empty page."""
  startCursor: String
  """Cursor of the last record; null on an empty page."""
  endCursor: String
}`;

function collectionField({ name, description, record }: CollectionFace): string {
  return `${printDescription(description)}
  ${name}(
    """How many records, 1 to 200."""
    first: Int = 50
    """A cursor from an earlier page: records after it."""
    after: String
  ): ${record.typeName}Connection`;
}

function connectionTypes({ record: { typeName } }: CollectionFace): string {
  return `"""A page of records."""
type ${typeName}Connection {
  """Records with their cursors."""
  edges: [${typeName}Edge!]!
  """The records alone."""
  nodes: [${typeName}!]!
  """Where the page stands."""
  pageInfo: PageInfo!
  """How many records there are on all pages; counted only when asked for."""
  totalCount: Int
}

"""A record and its cursor."""
type ${typeName}Edge {
  """Where the record stands, for the after argument."""
  cursor: String!
  """The record."""
  node: ${typeName}!
}`;
}

function objectTypes(face: ObjectFace): string[] {
  const fields = face.fields.map((field) => {
    const name = typeof field.type === 'string' ? field.type : field.type.typeName;
    const directive = field.personalData ? ` ${printPersonalData(field.personalData)}` : '';
    return `${printDescription(field.description)}\n  ${field.name}: ${field.list ? `[${name}]` : name}${directive}`;
  });
  return [
    `${printDescription(face.description)}\ntype ${face.typeName} {\n  ${fields.join('\n  ')}\n}`,
    ...face.fields.flatMap(({ type }) => (typeof type === 'string' ? [] : objectTypes(type))),
  ];
}

function scalarsOf(collections: readonly CollectionFace[]): string[] {
  const names = new Set<string>();
  const visit = (fields: readonly FieldFace[]): void => {
    for (const { type } of fields) {
      if (typeof type !== 'string') visit(type.fields);
      else if (type in SCALARS) names.add(type);
    }
  };
  for (const { record } of collections) visit(record.fields);
  return [...names].sort();
}
