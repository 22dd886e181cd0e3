import { createHmac } from 'node:crypto';
import postgres from 'postgres';
import { SERVICES, type ServiceName } from '../people/person.js';

/** Reads the two stores that have no API of their own; may change nothing. */
export const READER = 'habeas_reader';

/** Erases from them: it may delete rows and change them, and make none. */
export const ERASER = 'habeas_eraser';

/** The stores Habeas reads without asking their service. */
const READ_DIRECTLY: readonly ServiceName[] = ['ehcp_audit', 'newsletter'];

/**
 * Makes, where they are missing, one database and one owner per service, the reader and the eraser. A service's role can connect
 * to its own database and to no other. `adminUrl` is a superuser's.
 */
export async function prepareDatabases(adminUrl: string): Promise<void> {
  const admin = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    // Two companies starting on one server at once take turns.
    await admin`select pg_advisory_lock(hashtext('lantern education'))`;
    const roles = new Set((await admin`select rolname from pg_roles`).map(({ rolname }) => String(rolname)));
    const databases = new Set((await admin`select datname from pg_database`).map(({ datname }) => String(datname)));
    for (const role of [...SERVICES, READER, ERASER]) {
      const change = roles.has(role) ? 'alter' : 'create';
      await admin.unsafe(`${change} role ${role} login password '${passwordOf(adminUrl, role)}'`);
    }
    await admin.unsafe(`alter role ${READER} set default_transaction_read_only = on`);
    for (const service of SERVICES) {
      if (databases.has(service)) continue;
      await admin.unsafe(`create database ${service} owner ${service}`);
    }
    for (const service of SERVICES) await admin.unsafe(`revoke all on database ${service} from public`);
    for (const service of READ_DIRECTLY)
      await admin.unsafe(`grant connect on database ${service} to ${READER}, ${ERASER}`);
  } finally {
    await admin.end();
  }
}

/** The address of one service's database for its owner, the reader or the eraser. */
export function databaseUrl(adminUrl: string, service: ServiceName, role: string = service): string {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = passwordOf(adminUrl, role);
  url.pathname = `/${service}`;
  return url.href;
}

/** Told by the superuser's password, which is random: other users of this machine can guess none of them. */
function passwordOf(adminUrl: string, role: string): string {
  return createHmac('sha256', new URL(adminUrl).password).update(role).digest('hex');
}
