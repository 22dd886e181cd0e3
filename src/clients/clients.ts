import { asc, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '../database/database.js';
import { conflict, notFound } from '../errors.js';
import type { Affiliation } from '../services/service.js';
import type { Taxonomy } from '../services/taxonomy.js';
import { clients } from './clients.tables.js';
import { checkName, checkRegistration, type Registration } from './registration.js';
import { fingerprintOf, newSecret } from './secret.js';

export interface Client {
  readonly id: string;
  /** The `client_id` of its tokens. */
  readonly name: string;
  readonly affiliation: Affiliation;
  /** Fideslang data-use keys it may name. */
  readonly purposes: readonly string[];
  readonly country: string | null;
  readonly transferSafeguard: string | null;
  readonly revokedAt: Date | null;
  /** The manifest of documents it may ask; null: it may ask anything its purposes allow. */
  readonly manifestId: string | null;
}

const CLIENT = {
  id: clients.id,
  name: clients.name,
  affiliation: clients.affiliation,
  purposes: clients.purposes,
  country: clients.country,
  transferSafeguard: clients.transferSafeguard,
  revokedAt: clients.revokedAt,
  manifestId: clients.manifestId,
};

export async function findClient(db: Db | Tx, name: string): Promise<Client | null> {
  const [row] = await db.select(CLIENT).from(clients).where(eq(clients.name, name));
  return row ?? null;
}

/** Every client, revoked ones too, by name. */
export async function allClients(db: Db | Tx): Promise<Client[]> {
  return db.select(CLIENT).from(clients).orderBy(asc(clients.name));
}

/**
 * Registers a client and makes its secret, which is stored nowhere and can be told this once. Throws BAD_USER_INPUT for
 * what no client may be, CONFLICT where the name is taken, by a revoked client too.
 */
export async function registerClient(
  db: Db | Tx,
  taxonomy: Taxonomy,
  registration: Registration,
): Promise<{ client: Client; secret: string }> {
  const checked = checkRegistration(registration, taxonomy);
  const secret = newSecret();
  const [client] = await db
    .insert(clients)
    .values({ ...checked, purposes: [...checked.purposes], secretSha256: fingerprintOf(secret) })
    .onConflictDoNothing({ target: clients.name })
    .returning(CLIENT);
  if (!client) throw conflict('name: there is a client of this name already, or was one: choose another.');
  return { client, secret };
}

/** Ends a client's access, from its next request on in every process. Again it changes nothing. NOT_FOUND: no such client. */
export async function revokeClient(db: Db | Tx, now: Date, id: string): Promise<Client> {
  const [client] = await db
    .update(clients)
    .set({ revokedAt: sql`coalesce(${clients.revokedAt}, ${now.toISOString()})` })
    .where(eq(clients.id, id))
    .returning(CLIENT);
  if (!client) throw notFound('id: there is no client with this id.');
  return client;
}

/** Which documents a client may ask; null: any. NOT_FOUND: no such client. */
export async function setManifest(tx: Tx, id: string, manifestId: string | null): Promise<Client> {
  const [client] = await tx.update(clients).set({ manifestId }).where(eq(clients.id, id)).returning(CLIENT);
  if (!client) throw notFound('clientId: there is no client with this id.');
  return client;
}

/** For trying things out: registers a client without a secret, or adds purposes to one that is registered. */
export async function ensureClient(
  db: Tx | Db,
  client: { name: string; affiliation: Affiliation; purposes: readonly string[]; country: string },
): Promise<Client> {
  checkName(client.name);
  const [row] = await db
    .insert(clients)
    .values({ ...client, purposes: [...client.purposes] })
    .onConflictDoUpdate({
      target: clients.name,
      set: {
        purposes: sql`(select coalesce(array_agg(distinct each order by each), '{}') from unnest(${clients.purposes} || excluded.purposes) as each)`,
      },
    })
    .returning(CLIENT);
  if (!row) throw new Error('an insert answered no row');
  return row;
}
