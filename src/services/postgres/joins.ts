import type { ColumnType } from './types.js';

/**
 * How values of one type are compared with a column of another. Both are SQL expressions. A key that the column's type
 * cannot hold becomes null, and null joins nothing: no value is ever an error.
 */
export interface Comparison {
  /** The key as the column's type; `value` is an expression of the source's type. */
  key(value: string): string;
  /** The column, as it is compared. */
  column(expression: string): string;
  /** True where an ordinary index on the column serves the comparison. */
  readonly indexed: boolean;
}

export const TEXT: ColumnType = { name: 'text', sql: 'text', array: false };

type Family = 'text' | 'citext' | 'integer' | 'numeric' | 'uuid';

const FAMILY: Readonly<Record<string, Family>> = {
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  name: 'text',
  citext: 'citext',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  numeric: 'numeric',
  uuid: 'uuid',
};

/** Types compared as themselves when source and column agree; any other is compared by its text. */
const SELF_COMPARED = new Set(
  'bool float4 float8 money date time timetz timestamp timestamptz bytea inet cidr macaddr'.split(' '),
);

const UUID = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
const BIGINT = ['-9223372036854775808', '9223372036854775807'] as const;

const toBigint = (value: string) => `case when ${value} between ${BIGINT[0]} and ${BIGINT[1]} then ${value}::int8 end`;

/** From the family of the key (row) to that of the column: the key as the column's type. */
const CASTS: Readonly<Record<string, (value: string) => string>> = {
  'text text': (value) => `${value}::text`,
  'citext text': (value) => `${value}::text`,
  'integer text': (value) => `${value}::text`,
  'numeric text': (value) => `trim_scale(${value})::text`,
  'uuid text': (value) => `${value}::text`,
  'integer integer': (value) => value,
  'text integer': (value) => `case when ${value} ~ '^[+-]?[0-9]{1,19}$' then ${toBigint(`${value}::numeric`)} end`,
  'numeric integer': (value) => `case when ${value} = trunc(${value}) then ${toBigint(value)} end`,
  'numeric numeric': (value) => value,
  'integer numeric': (value) => `${value}::numeric`,
  'text numeric': (value) => `case when ${value} ~ '^[+-]?[0-9]{1,99}([.][0-9]{1,99})?$' then ${value}::numeric end`,
  'uuid uuid': (value) => value,
  'text uuid': (value) => `case when ${value} ~ '${UUID}' then ${value}::uuid end`,
};

/** Compares keys of type `source` with a column of type `target` (elements, where they are arrays). */
export function comparison(source: ColumnType, target: ColumnType): Comparison {
  const asIs = (expression: string) => expression;
  const [from, to] = [FAMILY[source.name], FAMILY[target.name]];
  if (to === 'citext') return { key: (value) => `${value}::text::${target.sql}`, column: asIs, indexed: true };
  const cast = CASTS[`${from === 'citext' ? 'text' : from} ${to}`];
  if (cast) {
    const plain = from === 'citext' || source.name === 'name' || source.name === 'bpchar' ? textOf : asIs;
    return {
      key: (value) => cast(plain(value)),
      column: target.name === 'bpchar' || target.name === 'name' ? textOf : asIs,
      indexed: target.name !== 'bpchar' && target.name !== 'name',
    };
  }
  if (source.name === target.name && SELF_COMPARED.has(source.name)) return { key: asIs, column: asIs, indexed: true };
  return { key: textOf, column: textOf, indexed: false };
}

/** E-mail addresses are the same whatever their case. Served by an index on `lower(column)`, or by citext's own. */
export function emailComparison(target: ColumnType): Comparison {
  if (target.name === 'citext') return comparison(TEXT, target);
  return {
    key: (value) => `lower(${value})`,
    column: (expression) => `lower(${FAMILY[target.name] === 'text' ? expression : textOf(expression)})`,
    indexed: true,
  };
}

const textOf = (expression: string) => `${expression}::text`;

/** Quotes a table's or column's name. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a text. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
