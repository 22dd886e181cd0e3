import type { CollectionAnswer, CollectionQuestion } from '../collection-reader.js';
import type { DataRecord } from '../connector.js';
import { encodeCursor } from './cursor.js';
import type { Statement } from './statement.js';
import { declaredParts, toJson } from './values.js';

/** A row of a `Statement`: the person's number, the total where asked for, whether there is a record, texts. */
export type StatementRow = readonly unknown[];

/** One answer for each person, in the order asked. The statement gives one record more than asked where more follow. */
export function toAnswers(
  statement: Statement,
  rows: readonly StatementRow[],
  { subjects, first, count }: CollectionQuestion,
): CollectionAnswer[] {
  const byPerson = subjects.map((): StatementRow[] => []);
  for (const row of rows) byPerson[Number(row[0])]?.push(row);
  return byPerson.map((own) => {
    const found = own.filter((row) => row[statement.columns.here] === true);
    return {
      records: found
        .slice(0, first)
        .map((row) => ({ cursor: cursorOf(statement, row), record: toRecord(statement, row) })),
      hasNextPage: found.length > first,
      totalCount: count ? Number(own[0]?.[statement.columns.total] ?? 0) : null,
    };
  });
}

export function toRecord({ columns, fields }: Statement, row: StatementRow): DataRecord {
  return Object.fromEntries(
    fields.map(({ field, type }, index) => [
      field.name,
      declaredParts(toJson(asText(row[columns.fields + index]), type), field),
    ]),
  );
}

function cursorOf({ columns, keyCount }: Statement, row: StatementRow): string {
  return encodeCursor(row.slice(columns.keys, columns.keys + keyCount).map((key) => asText(key) ?? ''));
}

const asText = (value: unknown) => (typeof value === 'string' ? value : null);
