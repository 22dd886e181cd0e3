import type { Field } from '../service.js';

/** The type of a column, domains resolved to what they rest on. */
export interface ColumnType {
  /** Postgres' internal name: `int4`, `timestamptz`; of an array, its elements' (`int4`, not `_int4`). */
  readonly name: string;
  /** As it is written in a cast; of an array, its elements'. */
  readonly sql: string;
  readonly array: boolean;
}

/** A GraphQL scalar of the graph, in brackets for a list. */
export type GraphqlScalarName = (typeof SCALARS)[number] | `[${(typeof SCALARS)[number]}]`;

const SCALARS = ['String', 'Int', 'Float', 'Boolean', 'DateTime', 'Date', 'JSON'] as const;
type Scalar = (typeof SCALARS)[number];

/** Integers of eight bytes and decimals do not fit GraphQL's numbers: they stay text. */
const BY_COLUMN: Readonly<Record<string, Scalar>> = {
  int2: 'Int',
  int4: 'Int',
  float4: 'Float',
  float8: 'Float',
  bool: 'Boolean',
  timestamptz: 'DateTime',
  date: 'Date',
  json: 'JSON',
  jsonb: 'JSON',
};

const BY_DATA_TYPE: Readonly<Record<string, Scalar>> = {
  string: 'String',
  integer: 'Int',
  float: 'Float',
  boolean: 'Boolean',
  datetime: 'DateTime',
  date: 'Date',
  object: 'JSON',
  json: 'JSON',
};

/**
 * The scalar of a field's values. The column tells it, as its values are what will be read; where a dataset calls a
 * plain column a `string` that holds too. With the column unknown the dataset's `data_type` tells it, else String.
 */
export function graphqlTypeOf(field: Field, column: ColumnType | null): GraphqlScalarName {
  const [declared, declaredArray] = [field.dataType?.replace(/\[\]$/, ''), field.dataType?.endsWith('[]') ?? false];
  if (column === null) {
    const scalar = (declared && BY_DATA_TYPE[declared]) || 'String';
    return declaredArray ? `[${scalar}]` : scalar;
  }
  const own = BY_COLUMN[column.name] ?? 'String';
  const scalar = declared === 'string' && own !== 'JSON' ? 'String' : own;
  return column.array ? `[${scalar}]` : scalar;
}
