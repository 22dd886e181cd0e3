import { randomUUID } from 'node:crypto';
import { register } from '../../src/accounts/accounts.js';
import { externalIdReader } from '../../src/accounts/external-ids.js';
import { notifications } from '../../src/database/notifications.js';
import { startDelivery, type Timing } from '../../src/events/delivery.js';
import { type NewEvent, publish } from '../../src/events/events.js';
import { newSecret } from '../../src/events/secrets.js';
import { subscribe } from '../../src/events/subscriptions.js';
import type { Notify, Service } from '../../src/services/service.js';
import { createLogger } from '../../src/telemetry.js';
import type { Store } from '../support/store.js';

/** Services that are told, and what tells them. */
export class Telling {
  readonly #stops: (() => Promise<void>)[] = [];

  constructor(
    readonly store: Store,
    readonly services: readonly Service[],
  ) {}

  /** One process' share of the work. */
  async start(options: { giveUpMs?: number; timing?: Partial<Timing> } = {}): Promise<{ stop(): Promise<void> }> {
    const { url, sql, keys } = this.store;
    const delivery = await startDelivery({
      url,
      keys,
      services: this.services,
      notifications: notifications(sql),
      externalIds: externalIdReader(sql, keys),
      giveUpMs: options.giveUpMs ?? 86_400_000,
      log: createLogger('silent'),
      timing: { pollMs: 100, probeMs: 50, longestProbeMs: 200, backoffMs: () => 50, ...options.timing },
    });
    this.#stops.push(() => delivery.stop());
    return delivery;
  }

  /** A person whom all services know; `externalId` is the same at each of them. */
  async person(): Promise<{ accountId: string; externalId: string }> {
    const externalId = randomUUID();
    const links = this.services.map(({ name }) => ({ service: name, externalId }));
    const { store } = this;
    const { id } = await store.db.transaction((tx) => register(tx, store.keys, new Date(), { links }));
    return { accountId: id, externalId };
  }

  async publish(accountId: string, more: Partial<NewEvent> = {}): Promise<void> {
    const event = { type: 'consent.withdrawn', accountId, recordedAt: new Date(), ...more } as const;
    await this.store.db.transaction((tx) => publish(tx, event));
  }

  async statuses(): Promise<Record<string, number>> {
    const rows = await this.store.sql<{ status: string; count: number }[]>`
      select status, count(*)::int as count from event_deliveries
      where service = any(${this.services.map(({ name }) => name)}) group by status`;
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
  }
}

/** What `subscribe` and `startDelivery` need of a service. */
export function toldService(name: string, notify: Partial<Notify>): Service {
  const { url = null, secret = url === null ? null : newSecret(), client = null } = notify;
  return { name, affiliation: 'AFFILIATED', notify: { url, secret, client } } as Partial<Service> as Service;
}

export async function tellingTo(store: Store, services: readonly Service[]): Promise<Telling> {
  await subscribe(store.sql, store.keys, new Date(), services);
  return new Telling(store, services);
}
