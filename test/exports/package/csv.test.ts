import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Columns, MOST_COLUMNS } from '../../../src/exports/package/columns.js';
import { CsvFile } from '../../../src/exports/package/csv.js';
import type { DataRecord, Json } from '../../../src/services/connector.js';

function csvOf(records: readonly DataRecord[], declared: readonly string[] = []): string {
  const columns = new Columns(declared);
  for (const record of records) columns.learn(record);
  const file = new CsvFile(columns.names(), columns.overflow);
  return file.start() + file.add(records) + file.end();
}
const rowsOf = (csv: string): string[][] =>
  parse(csv, { bom: true, record_delimiter: '\r\n', skip_empty_lines: false });
const cells = (records: readonly DataRecord[]) => rowsOf(csvOf(records)).slice(1);

/** What a spreadsheet takes for a formula. */
const TRIGGER = ['=', '+', '-', '@', '\t', '\r', '\0', '＝', '＋', '－', '＠'];
/** The manifest's rule: an apostrophe before a formula, or before apostrophes and a formula, was added. */
const without = (cell: string) =>
  cell.startsWith("'") && TRIGGER.includes(cell.replace(/^'+/, '').charAt(0)) ? cell.slice(1) : cell;

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...TRIGGER, "'", '"', ',', '\n', '\r', ' ', 'a', ';') }),
  fc.constantFrom(...TRIGGER.map((trigger) => `${trigger}SUM(A1)`), '\r\n=1', "'=1", "''-1", '"=1"', '\n=1'),
);

describe('T-21 CSV', () => {
  it('parses back to what was held, once the documented apostrophe is taken away; no text begins like a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText, anyText), { minLength: 1, maxLength: 8 }), (rows) => {
        const parsed = cells(rows.map(([a, b, c]) => ({ a, b, c })));
        expect(parsed.map((row) => row.map(without))).toEqual(rows);
        for (const cell of parsed.flat()) expect(TRIGGER).not.toContain(cell.charAt(0));
      }),
      { numRuns: 500 },
    );
  });

  it.each(TRIGGER)('puts an apostrophe before a text that begins with %j', (trigger) => {
    expect(cells([{ a: `${trigger}x`, b: '' }])).toEqual([[`'${trigger}x`, '']]);
  });

  it('guards the names of columns too', () => {
    expect(rowsOf(csvOf([{ '=HYPERLINK("x")': 1, b: 2 }]))[0]).toEqual(['\'=HYPERLINK("x")', 'b']);
  });

  it('leaves numbers as they are, negative ones too, and does not touch text inside', () => {
    expect(cells([{ a: -1.5, b: 0, c: 'a=b', d: true }])).toEqual([['-1.5', '0', 'a=b', 'true']]);
  });

  it('begins with a byte order mark, ends lines with CRLF and quotes CR and LF inside cells', () => {
    expect(csvOf([{ a: 'x\ny', b: 'x\ry', c: 'say "hi"', d: 'a,b' }])).toBe(
      '\ufeffa,b,c,d\r\n"x\ny","x\ry","say ""hi""","a,b"\r\n',
    );
  });

  it('keeps a record whose only cell is empty', () => {
    expect(cells([{ a: null }, { a: 'x' }, { a: '' }])).toEqual([[''], ['x'], ['']]);
  });
});

describe('the columns of a CSV file', () => {
  const header = (records: readonly DataRecord[], declared: readonly string[] = []) =>
    rowsOf(csvOf(records, declared))[0];

  it('hold nested objects under dotted names, lists as JSON', () => {
    const record = { id: 1, address: { city: 'Leeds', geo: { lat: 1 } }, tags: ['a', { b: 1 }], none: {} };
    expect(rowsOf(csvOf([record]))).toEqual([
      ['id', 'address.city', 'address.geo.lat', 'tags', 'none'],
      ['1', 'Leeds', '1', '["a",{"b":1}]', '{}'],
    ]);
  });

  it('are all there, however late one appears', () => {
    expect(rowsOf(csvOf([{ a: 1 }, { b: 2 }]))).toEqual([
      ['a', 'b'],
      ['1', ''],
      ['', '2'],
    ]);
  });

  it('stand in the declared order, then as they came; a declared one nobody fills stays', () => {
    expect(header([{ z: 1, b: 2, a: 3 }], ['a', 'b', 'c'])).toEqual(['a', 'b', 'c', 'z']);
  });

  it('take the place of the object they belong to, also where it is null at times', () => {
    expect(header([{ o: null, x: 1 }, { o: { a: 1 } }], ['x', 'o'])).toEqual(['x', 'o.a']);
    expect(header([{ o: 'text' }, { o: { a: 1 } }])).toEqual(['o', 'o.a']);
  });

  it('keep a list in one piece, whatever was declared of what is in it', () => {
    const declared = ['id', 'messages.id', 'messages.body', 'at'];
    expect(header([{ id: 1, at: 2, messages: [{ id: 1, body: 'x' }] }], declared)).toEqual(['id', 'messages', 'at']);
  });

  it('tell a dot in a name from a nested field', () => {
    expect(rowsOf(csvOf([{ 'a.b': 1, a: { b: 2 } }]))).toEqual([
      ['a\\.b', 'a.b'],
      ['1', '2'],
    ]);
  });

  it('end in one for all other fields, when there are more than a file has room for', () => {
    const wide: { [key: string]: Json } = {};
    for (let number = 0; number < MOST_COLUMNS + 5; number++) wide[`f${number}`] = number;
    const [names, row] = rowsOf(csvOf([wide]));
    expect(names).toHaveLength(MOST_COLUMNS + 1);
    expect(JSON.parse(row?.at(-1) ?? '')).toEqual({ f1000: 1000, f1001: 1001, f1002: 1002, f1003: 1003, f1004: 1004 });
  });

  it('lose no value of any record', () => {
    const json = fc.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value)));
    const name = fc.string({ minLength: 1, maxLength: 5 });
    const record = fc.dictionary(name, json, { minKeys: 1, maxKeys: 6, noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 6 }), (records) => {
        const [names = [], ...rows] = rowsOf(csvOf(records));
        expect(new Set(names).size).toBe(names.length);
        expect(rows.map((row) => row.filter((cell) => cell !== '').length)).toEqual(
          records.map((held) => Object.values(held).reduce<number>((sum, value) => sum + filledCells(value), 0)),
        );
      }),
    );
  });
});

/** A list or an empty object is one cell; an object has those of its fields. */
function filledCells(value: Json): number {
  if (value === null || value === '') return 0;
  if (typeof value !== 'object' || Array.isArray(value) || Object.keys(value).length === 0) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + filledCells(inner), 0);
}
