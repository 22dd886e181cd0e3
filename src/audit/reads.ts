import DataLoader from 'dataloader';
import type { Sql } from 'postgres';

/** What one request read of people: who, what for, which fields of whom, and what was kept from it. */
export interface ReadRecord {
  readonly at: Date;
  /** A role or a client's name, never a person's. */
  readonly actor: string;
  /** Fideslang data use; null: staff, who act under their role. */
  readonly purpose: string | null;
  /** Name of the operation; null where the caller gave it none. */
  readonly operation: string | null;
  /** SHA-256 of the document, in hexadecimal digits. */
  readonly document: string;
  /** Coordinate of each field of personal data that was asked for, to its Fideslang data category. */
  readonly fields: Readonly<Record<string, string>>;
  /** Names of the services that were asked, sorted. */
  readonly services: readonly string[];
  readonly accountIds: readonly string[];
  readonly withheld: readonly {
    readonly field: string;
    readonly reason: string;
    readonly accountIds: readonly string[];
  }[];
}

export type RecordRead = (record: ReadRecord) => Promise<void>;

const MOST_AT_ONCE = 500;

/**
 * Writes records of reads. Each is durable when its promise resolves: data is released after, never before. Rejects
 * where it cannot be written. Requests that wait at the same time are written by one statement.
 */
export function readRecorder(sql: Sql): RecordRead {
  const loader = new DataLoader<ReadRecord, null>(
    async (records) => {
      await sql.unsafe(WRITE, [JSON.stringify(records)], { prepare: true });
      return records.map(() => null);
    },
    { cache: false, maxBatchSize: MOST_AT_ONCE, batchScheduleFn: (write) => void setImmediate(write) },
  );
  return async (record) => {
    await loader.load(record);
  };
}

/** One text for any number of records, so that the statement is prepared once. */
const WRITE = `
  with written as (
    insert into reads (at, actor, purpose, operation, document, fields, services, account_ids, withheld)
    select at, actor, purpose, operation, document, fields, services, "accountIds", withheld
    from jsonb_to_recordset($1::text::jsonb) as record (
      at timestamptz, actor text, purpose text, operation text, document text,
      fields jsonb, services text[], "accountIds" uuid[], withheld jsonb
    )
    returning id, account_ids
  )
  insert into reads_of_accounts (account_id, read_id)
  select distinct account_id, written.id from written, unnest(written.account_ids) as account_id`;

/** One read of one person, as they are told of it. */
export interface Access {
  readonly id: number;
  readonly at: Date;
  readonly caller: string;
  readonly purpose: string | null;
  /** Fideslang data categories of what was not withheld, sorted. */
  readonly categories: string[];
  readonly services: string[];
}

/** A person's reads, newest first, before the one with id `before`. */
export async function accessesOf(
  sql: Sql,
  accountId: string,
  first: number,
  before: number | null,
): Promise<{ rows: Access[]; hasNextPage: boolean; totalCount: number }> {
  const rows = await sql<Access[]>`
    select r.id::float8 as id, r.at, r.actor as caller, r.purpose, r.services, array(
      select distinct field.value from jsonb_each_text(r.fields) as field
      where not exists (
        select from jsonb_array_elements(r.withheld) as kept
        where kept->>'field' = field.key and kept->'accountIds' ? ${accountId}
      )
      order by 1
    ) as categories
    from reads_of_accounts as mine join reads as r on r.id = mine.read_id
    where mine.account_id = ${accountId} and mine.read_id < ${before ?? Number.MAX_SAFE_INTEGER}
    order by mine.read_id desc limit ${first + 1}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*)::int as total from reads_of_accounts where account_id = ${accountId}`;
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: count?.total ?? 0 };
}
