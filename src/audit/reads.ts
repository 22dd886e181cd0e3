import { createHash } from 'node:crypto';
import DataLoader from 'dataloader';
import type { Sql } from 'postgres';

/** What a question asks of people. The same object each time the same is asked: what is known of it is kept by it. */
export interface ReadQuestion {
  /** Name of the operation; null where the caller gave it none. */
  readonly operation: string | null;
  /** SHA-256 of the document, in hexadecimal digits. */
  readonly document: string;
  /** Coordinate of each field of personal data that is asked for, to its Fideslang data category. */
  readonly fields: Readonly<Record<string, string>>;
  /** Names of the services that are asked, sorted. */
  readonly services: readonly string[];
}

/** What one request read of people: who, what for, which fields of whom, and what was kept from it. */
export interface ReadRecord {
  readonly at: Date;
  /** A role or a client's name, never a person's. */
  readonly actor: string;
  /** Fideslang data use; null: staff, who act under their role. */
  readonly purpose: string | null;
  readonly question: ReadQuestion;
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
 * where it cannot be written. Requests that wait at the same time are written by one statement. What is asked is
 * written once, before the first read of it: a kilobyte of fields is not written with every read.
 */
export function readRecorder(sql: Sql): RecordRead {
  const ids = new WeakMap<ReadQuestion, number>();
  const loader = new DataLoader<ReadRecord, null>(
    async (records) => {
      const unknown = new Set(records.map(({ question }) => question).filter((question) => !ids.has(question)));
      await Promise.all([...unknown].map(async (question) => ids.set(question, await idOf(sql, question))));
      const rows = records.map(({ question, ...rest }) => ({ ...rest, questionId: ids.get(question) }));
      await sql.unsafe(WRITE, [JSON.stringify(rows)], { prepare: true });
      return records.map(() => null);
    },
    { cache: false, maxBatchSize: MOST_AT_ONCE, batchScheduleFn: (write) => void setImmediate(write) },
  );
  return async (record) => {
    await loader.load(record);
  };
}

/** The row of a question, written where there is none yet; two processes that write the same have one row. */
async function idOf(sql: Sql, { operation, document, fields, services }: ReadQuestion): Promise<number> {
  const entries = Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
  const whole = JSON.stringify([operation, document, entries, services]);
  const digest = createHash('sha256').update(whole).digest('hex');
  await sql`
    insert into read_questions (digest, operation, document, fields, services)
    values (${digest}, ${operation}, ${document}, ${sql.json(fields)}, ${[...services]})
    on conflict (digest) do nothing`;
  const [row] = await sql<{ id: number }[]>`select id::float8 as id from read_questions where digest = ${digest}`;
  if (!row) throw new Error('a question that was just written is not there');
  return row.id;
}

/** One text for any number of records, so that the statement is prepared once. */
const WRITE = `
  with written as (
    insert into reads (at, actor, purpose, question_id, account_ids, withheld)
    select at, actor, purpose, "questionId", "accountIds", withheld
    from jsonb_to_recordset($1::text::jsonb) as record (
      at timestamptz, actor text, purpose text, "questionId" bigint, "accountIds" uuid[], withheld jsonb
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
    select r.id::float8 as id, r.at, r.actor as caller, r.purpose, q.services, array(
      select distinct field.value from jsonb_each_text(q.fields) as field
      where not exists (
        select from jsonb_array_elements(r.withheld) as kept
        where kept->>'field' = field.key and kept->'accountIds' ? ${accountId}
      )
      order by 1
    ) as categories
    from reads_of_accounts as mine join reads as r on r.id = mine.read_id join read_questions as q on q.id = r.question_id
    where mine.account_id = ${accountId} and mine.read_id < ${before ?? Number.MAX_SAFE_INTEGER}
    order by mine.read_id desc limit ${first + 1}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*)::int as total from reads_of_accounts where account_id = ${accountId}`;
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: count?.total ?? 0 };
}
