import { accountReader } from '../accounts/account-reader.js';
import { parseUuid } from '../accounts/uuid.js';
import { systemClock } from '../clock.js';
import { type Config, ConfigError } from '../config.js';
import { loadKeys } from '../crypto/keys.js';
import { openDatabase } from '../database/database.js';
import { blockerText, type ErasurePlan, planErasure } from '../erasures/plan.js';
import { notFound } from '../errors.js';
import { signedCredentials } from '../services/credentials.js';
import { readManifests } from '../services/manifest.js';
import { openRegistry } from '../services/registry.js';

/** Plans the erasure of one person: reads of all services what it would do to them, and changes nothing. */
export async function erasePlan(config: Config, account: string): Promise<ErasurePlan> {
  const accountId = parseUuid('account', account);
  if (!config.servicesDirectory)
    throw new ConfigError('HABEAS_SERVICES: set it to the folder of your services’ manifests.');
  const manifests = await readManifests(config.servicesDirectory, process.env);
  const keys = await loadKeys(config.keysFile, { create: false });
  const publicUrl = config.publicUrl ?? `http://${config.host}:${config.port}`;
  const database = await openDatabase(config);
  const maskingSecret = keys.derive('hashes at services');
  const registry = openRegistry(manifests, signedCredentials(keys.signing, publicUrl), { maskingSecret });
  try {
    const { db, sql } = database;
    const found = await accountReader(sql, keys).load(accountId);
    if (!found) throw notFound('account: there is no account with this id.');
    return await planErasure({ db, sql, registry, clock: systemClock }, found);
  } finally {
    await registry.close();
    await database.close();
  }
}

/** The plan as a person at the terminal reads it. */
export function erasePlanText({ items, blockers, digest }: ErasurePlan): string {
  const rows = items.map(({ service, collection, action, records, reason, legalGround, keepUntil }) => {
    const why = [reason, legalGround && `(${legalGround})`, keepUntil && `until ${keepUntil}`]
      .filter(Boolean)
      .join(' ');
    return `${action.padEnd(9)} ${String(records).padStart(7)}  ${`${service}.${collection}`.padEnd(40)} ${why}`.trimEnd();
  });
  const standing = blockers.map((each) => `- ${blockerText(each, 'en')}`);
  return [
    ...(rows.length > 0 ? rows : ['Nothing is held.']),
    '',
    ...(standing.length > 0 ? ['It cannot be carried out now:', ...standing] : ['Nothing stands in its way.']),
    `digest ${digest}`,
    '',
  ].join('\n');
}
