import DataLoader from 'dataloader';
import type { Sql } from 'postgres';

/** Whose account a caller has, as it is at the moment of asking. */
export interface CallerAccounts {
  /** The same id where there is such an account that has not been erased; else null. */
  byId(id: string): Promise<string | null>;
  /** The account of a login at an identity provider, by its fingerprint; null before registration. */
  byLogin(fingerprint: Buffer): Promise<string | null>;
}

/** Reads what requests ask for at the same time with one statement, and keeps none of it. */
export function callerAccounts(sql: Sql): CallerAccounts {
  const loader = new DataLoader<string | Buffer, string | null>((keys) => read(sql, keys), {
    cache: false,
    batchScheduleFn: (run) => void setImmediate(run),
  });
  return { byId: (id) => loader.load(id), byLogin: (fingerprint) => loader.load(fingerprint) };
}

async function read(sql: Sql, keys: readonly (string | Buffer)[]): Promise<(string | null)[]> {
  const ids = new Set(keys.filter((key) => typeof key === 'string'));
  const fingerprints = keys.flatMap((key) => (typeof key === 'string' ? [] : [`\\x${key.toString('hex')}`]));
  const rows = await sql.unsafe<{ key: string; id: string }[]>(READ, [[...ids], fingerprints], { prepare: true });
  const found = new Map(rows.map(({ key, id }) => [key, id]));
  return keys.map((key) => found.get(typeof key === 'string' ? key : key.toString('hex')) ?? null);
}

const READ = `
  select id::text as key, id from accounts where id = any($1::uuid[]) and status <> 'ERASED'
  union all
  select encode(fingerprint, 'hex'), account_id from account_logins where fingerprint = any($2::text[]::bytea[])`;
