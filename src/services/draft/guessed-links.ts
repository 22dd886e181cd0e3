/** A table with what naming can tell of it. Names in snake case beside those of the database. */
export interface NamedTable {
  readonly name: string;
  readonly words: string;
  readonly columns: readonly { readonly name: string; readonly words: string }[];
  /** Its primary key where that is one column. */
  readonly key: string | null;
}

/**
 * Links that only names tell of: `customer_id` leads to the key of `customer` or `customers`, `billing_address_id` to
 * that of `addresses`. Columns that are linked already are left alone.
 */
export function guessLinks(
  tables: readonly NamedTable[],
  known: readonly { readonly table: string; readonly column: string }[],
): { table: string; column: string; toTable: string; toColumn: string }[] {
  const targets = new Map(
    tables.flatMap((table) => {
      const target = table.key === null ? [] : [{ name: table.name, key: table.key }];
      return target.flatMap((one) => singularsOf(table.words).map((words) => [words, one] as const));
    }),
  );
  return tables.flatMap(({ name: table, columns }) =>
    columns.flatMap(({ name: column, words }) => {
      if (known.some((link) => link.table === table && link.column === column)) return [];
      const target = endingsOf(words).flatMap((ending) => targets.get(ending) ?? [])[0];
      if (!target || target.name === table) return [];
      return [{ table, column, toTable: target.name, toColumn: target.key }];
    }),
  );
}

/** `shipping_address_id` → `shipping_address`, `address`; nothing for a column that is no `…_id`. */
function endingsOf(column: string): string[] {
  const match = /^(.+)_id$/.exec(column);
  const words = match?.[1]?.split('_') ?? [];
  return words.map((_, index) => words.slice(index).join('_'));
}

function singularsOf(table: string): string[] {
  return [table, table.replace(/ies$/, 'y'), table.replace(/(s|x|ch|sh)es$/, '$1'), table.replace(/s$/, '')];
}
