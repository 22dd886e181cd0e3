import { parseUuid } from '../accounts/uuid.js';
import { type Config, ConfigError } from '../config.js';
import { loadKeys } from '../crypto/keys.js';
import { type Database, openDatabase } from '../database/database.js';
import { addSecret, newSecret } from '../events/secrets.js';
import { type DeliveryState, deadLetters, deliveryStates, redeliver } from '../events/state.js';

type Print = (line: string) => void;
const MOST_SHOWN = 100;

/** Prints how it stands with telling each service, and the dead letters. */
export async function showEvents(config: Config, service: string | null, print: Print): Promise<void> {
  await withDatabase(config, async ({ sql }) => {
    const states = await deliveryStates(sql);
    for (const state of states) if (service === null || state.service === service) print(describe(state));
    if (states.length === 0) print('no service is told of events: see habeas.notify in its manifest');
    const { rows, totalCount } = await deadLetters(sql, { service, first: MOST_SHOWN, after: null });
    for (const { id, service: at, type, recordedAt, attempts, failure } of rows) {
      print(`dead ${id} ${at} ${type} of ${recordedAt.toISOString()}: tried ${attempts} times, ${at} ${failure}`);
    }
    if (totalCount > rows.length) print(`and ${totalCount - rows.length} more dead letters`);
  });
}

export interface Redelivery {
  readonly ids: readonly string[];
  readonly service?: string;
  readonly all?: boolean;
}

/** Sends dead letters again, by id, service or all of them. */
export async function redeliverEvents(config: Config, redelivery: Redelivery, print: Print): Promise<void> {
  const { ids, service, all = false } = redelivery;
  if ([ids.length > 0, service !== undefined, all].filter(Boolean).length !== 1) {
    throw new ConfigError('Name the ids of dead letters, or --service <name>, or --all.');
  }
  const wanted = ids.length > 0 ? ids.map((id) => parseUuid('id', id)) : null;
  await withDatabase(config, async ({ sql }) => {
    const count = await redeliver(sql, { service: service ?? null, ids: wanted });
    print(`dead letters on their way again: ${count}`);
  });
}

/** Gives a service a new secret and prints it, this once. The one before counts for some hours more. */
export async function rotateSecret(config: Config, service: string, overlapHours: number, print: Print): Promise<void> {
  if (!(overlapHours >= 0 && overlapHours <= 720)) throw new ConfigError('--hours: must be from 0 to 720.');
  const keys = await loadKeys(config.keysFile, { create: false });
  await withDatabase(config, async ({ sql }) => {
    const state = (await deliveryStates(sql)).find((each) => each.service === service);
    if (!state || state.pulls) throw new ConfigError(`${service}: events are sent to no service of this name.`);
    const secret = newSecret();
    await addSecret(sql, keys, service, secret, { now: new Date(), overlapHours });
    print(secret);
  });
}

async function withDatabase(config: Config, act: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase(config);
  try {
    await act(database);
  } finally {
    await database.close();
  }
}

function describe({ service, pulls, waiting, waitingSince, deadLetters: dead, failingSince }: DeliveryState): string {
  const since = waitingSince ? ` since ${waitingSince.toISOString()}` : '';
  const failing = failingSince ? `, not reached since ${failingSince.toISOString()}` : '';
  return `${service}: ${pulls ? 'fetches' : 'is sent'} its events; waiting: ${waiting}${since}; dead letters: ${dead}${failing}`;
}
