import { eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '../database/database.js';
import { badInput } from '../errors.js';
import { clients } from './clients.tables.js';

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly affiliation: 'AFFILIATED' | 'EXTERNAL';
  readonly purposes: readonly string[];
  readonly country: string | null;
  readonly transferSafeguard: string | null;
  readonly revokedAt: Date | null;
}

export async function findClient(db: Db | Tx, name: string): Promise<Client | null> {
  const [row] = await db.select().from(clients).where(eq(clients.name, name));
  return row ?? null;
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Registers a client, or adds purposes to one that is registered. */
export async function registerClient(
  tx: Tx | Db,
  client: { name: string; affiliation: 'AFFILIATED' | 'EXTERNAL'; purposes: readonly string[]; country: string },
): Promise<Client> {
  if (!NAME.test(client.name)) throw badInput('name', 'is written in lower-case letters, digits and hyphens.');
  const [row] = await tx
    .insert(clients)
    .values({ ...client, purposes: [...client.purposes] })
    .onConflictDoUpdate({
      target: clients.name,
      set: {
        purposes: sql`(select coalesce(array_agg(distinct each order by each), '{}') from unnest(${clients.purposes} || excluded.purposes) as each)`,
      },
    })
    .returning();
  if (!row) throw new Error('an insert answered no row');
  return row;
}
