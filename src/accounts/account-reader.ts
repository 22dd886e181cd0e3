import DataLoader from 'dataloader';
import type { Sql } from 'postgres';
import type { Keys } from '../crypto/keys.js';
import { contextOfKey } from '../crypto/subject-keys.js';
import { type AccountRecord, openRecord } from './account-record.js';
import type { Account, AccountStatus } from './accounts.js';

/** Reads accounts that requests ask for at the same time with one statement, and keeps none of them. Null: unknown or erased. */
export function accountReader(sql: Sql, keys: Keys): DataLoader<string, Account | null> {
  return new DataLoader<string, Account | null>((ids) => read(sql, keys, ids), {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
    batchScheduleFn: (run) => void setImmediate(run),
  });
}

const MOST_AT_ONCE = 1_000;

const READ = `
  select account.id, account.status, account.created_at, account.record, subject.wrapped_key
  from accounts as account join keys.subject_keys as subject on subject.account_id = account.id
  where account.id = any((select $1::uuid[])::uuid[]) and account.status <> 'ERASED'`;

type Row = [id: string, status: AccountStatus, createdAt: Date, record: Buffer, wrappedKey: Buffer];

async function read(sql: Sql, keys: Keys, ids: readonly string[]): Promise<(Account | null)[]> {
  const wanted = `{${[...new Set(ids)].join()}}`;
  const rows = (await sql.unsafe(READ, [wanted], { prepare: true }).values()) as unknown as Row[];
  const found = new Map<string, Account>();
  await Promise.all(
    rows.map(async ([id, status, createdAt, record, wrappedKey]) => {
      const key = await keys.encryption.unwrap(wrappedKey, contextOfKey(id));
      found.set(id, sealedAccount({ id, status, createdAt }, record, key));
    }),
  );
  return ids.map((id) => found.get(id) ?? null);
}

/** An account whose record is opened when somebody first looks into it: most questions do not. */
function sealedAccount(known: Omit<Account, 'record'>, envelope: Buffer, key: Buffer): Account {
  let opened: AccountRecord | null = null;
  return {
    ...known,
    get record() {
      opened ??= openRecord(envelope, key, known.id);
      return opened;
    },
  };
}

/** Opens a record that was read with its person's key. */
export async function openAccountRecord(
  { encryption }: Keys,
  accountId: string,
  record: Buffer,
  wrappedKey: Buffer,
): Promise<AccountRecord> {
  return openRecord(record, await encryption.unwrap(wrappedKey, contextOfKey(accountId)), accountId);
}
