import DataLoader from 'dataloader';
import type { Sql } from 'postgres';
import type { Client } from './clients.js';
import { fingerprintOf } from './secret.js';

/** Clients as they are at the moment of asking, so that a revocation counts at once in every process. */
export interface ClientReader {
  byName(name: string): Promise<Client | null>;
  bySecret(secret: string): Promise<Client | null>;
}

/** Reads all clients that requests ask for at the same time with one statement, and keeps none. */
export function clientReader(sql: Sql): ClientReader {
  const loader = new DataLoader<Key, Client | null>((keys) => read(sql, keys), {
    cache: false,
    batchScheduleFn: (run) => void setImmediate(run),
  });
  return {
    byName: (name) => loader.load({ name }),
    bySecret: (secret) => loader.load({ fingerprint: fingerprintOf(secret).toString('hex') }),
  };
}

/** A fingerprint is in hexadecimal digits. */
type Key = { readonly name: string } | { readonly fingerprint: string };
type Row = Client & { readonly fingerprint: string | null };

async function read(sql: Sql, keys: readonly Key[]): Promise<(Client | null)[]> {
  const names = new Set(keys.flatMap((key) => ('name' in key ? [key.name] : [])));
  const fingerprints = keys.flatMap((key) => ('fingerprint' in key ? [`\\x${key.fingerprint}`] : []));
  const rows = await sql.unsafe<Row[]>(READ, [[...names], fingerprints], { prepare: true });
  const byName = new Map(rows.map(({ fingerprint, ...client }) => [client.name, client]));
  const bySecret = new Map(rows.map(({ fingerprint, ...client }) => [fingerprint, client]));
  return keys.map((key) => ('name' in key ? byName.get(key.name) : bySecret.get(key.fingerprint)) ?? null);
}

const READ = `
  select id, name, affiliation, purposes, country, transfer_safeguard as "transferSafeguard",
    revoked_at as "revokedAt", manifest_id as "manifestId", encode(secret_sha256, 'hex') as fingerprint
  from clients where name = any($1::text[]) or secret_sha256 = any($2::text[]::bytea[])`;
