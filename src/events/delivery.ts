import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';
import postgres from 'postgres';
import type { Keys } from '../crypto/keys.js';
import type { Notifications } from '../database/notifications.js';
import type { Service } from '../services/service.js';
import { describeError, type Logger } from '../telemetry.js';
import { backoffMs } from './backoff.js';
import { EVENTS_DUE } from './events.js';
import { payload } from './payload.js';
import { DeliveryQueue, type Outcome, type Taken } from './queue.js';
import { liveSecrets, sign } from './secrets.js';
import { Sender } from './sender.js';

export interface DeliveryOptions {
  /** Address of the database. */
  readonly url: string;
  readonly services: readonly Pick<Service, 'name' | 'notify'>[];
  readonly keys: Keys;
  readonly notifications: Notifications;
  /** As whom a service knows people, by account id; whom it does not know is left out. */
  readonly externalIds: (service: string, accountIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** How long an event is tried before it is a dead letter. */
  readonly giveUpMs: number;
  readonly log: Logger;
  readonly timing?: Partial<Timing>;
}

/** Milliseconds. */
export interface Timing {
  /** Between two looks where nobody said that there is something. */
  readonly pollMs: number;
  /** Between two attempts at a service that is down; doubles up to the longest. */
  readonly probeMs: number;
  readonly longestProbeMs: number;
  /** After which whoever has taken an event is taken to have died; longer than a call can take. */
  readonly leaseMs: number;
  /** Before the attempt after the n-th. */
  readonly backoffMs: (attempts: number) => number;
}

const TIMING: Timing = {
  pollMs: 1_000,
  probeMs: 1_000,
  longestProbeMs: 30_000,
  leaseMs: 12_000,
  backoffMs: (attempts) => backoffMs(attempts, Math.random()),
};

/** Calls to one service at the same time, from one process. */
const AT_ONCE = 32;
/** Failures in a row, after which a service is taken to be down and only probed. */
const DOWN_AFTER = 5;
const SECRETS_MS = 1_000;
const TOGETHER_MS = 10;

/** Tells services of what was published, until stopped. Any number of processes share the work. */
export async function startDelivery(options: DeliveryOptions): Promise<{ stop(): Promise<void> }> {
  const sql = postgres(options.url, { max: 3, onnotice: () => {}, connect_timeout: 5 });
  const timing = { ...TIMING, ...options.timing };
  const tellers = options.services.flatMap(({ name, notify }) =>
    notify?.url ? [new Teller(sql, name, notify.url, options, timing)] : [],
  );
  const heard = await options.notifications.subscribe(EVENTS_DUE);
  const listen = async () => {
    for await (const _ of heard) for (const teller of tellers) teller.wake();
  };
  const running = [listen(), ...tellers.map((teller) => teller.run())];
  return {
    stop: async () => {
      await heard.return?.();
      await Promise.all(tellers.map((teller) => teller.stop()));
      await Promise.all(running);
      await sql.end({ timeout: 2 });
    },
  };
}

/** Tells one service. */
class Teller {
  readonly #queue: DeliveryQueue;
  readonly #sender: Sender;
  readonly #calls = new Set<Promise<void>>();
  readonly #stopped = new AbortController();
  #nudge: (() => void) | null = null;
  #isNudged = false;
  #settled: Outcome[] = [];
  #settling: Promise<void> | null = null;
  #failuresInARow = 0;
  #isDown = false;
  #probeMs: number;
  #secrets: { readonly live: readonly string[]; readonly readAt: number } | null = null;

  constructor(
    private readonly sql: Sql,
    private readonly service: string,
    url: string,
    private readonly options: DeliveryOptions,
    private readonly timing: Timing,
  ) {
    this.#queue = new DeliveryQueue(sql, service, timing.leaseMs);
    this.#sender = new Sender(url, AT_ONCE);
    this.#probeMs = timing.probeMs;
  }

  wake(): void {
    this.#isNudged = true;
    this.#nudge?.();
  }

  async run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#round();
      } catch (error) {
        this.options.log.error({ service: this.service, ...describeError(error) }, 'events are not told');
        await delay(this.timing.pollMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.wake();
    await Promise.all(this.#calls);
    await this.#settling;
    await this.#sender.close();
  }

  async #round(): Promise<void> {
    if (this.#isDown) {
      await this.#probe();
      return;
    }
    this.#isNudged = false;
    const free = AT_ONCE - this.#calls.size;
    const taken = free > 0 ? await this.#queue.take(free) : [];
    if (taken.length > 0) await this.#tell(taken);
    else if (free === AT_ONCE) this.#isDown = await this.#queue.isFailing();
    if (this.#isDown) return;
    if (!this.#isNudged) await this.#rest(this.timing.pollMs);
    // What comes within a moment is taken together.
    await delay(TOGETHER_MS);
  }

  /** A service that is down is asked with one event at a time; nothing is counted against the others. */
  async #probe(): Promise<void> {
    await delay(this.timing.probeMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
    if (this.#stopped.signal.aborted) return;
    if (!(await this.#queue.isFailing())) {
      this.#recover(); // another process found out
      return;
    }
    this.#isNudged = false;
    const taken = await this.#queue.probe();
    if (taken.length > 0) {
      await this.#tell(taken);
      await Promise.all(this.#calls);
      if (this.#failuresInARow === 0) {
        await this.#queue.setWell();
        this.#recover();
        return;
      }
    }
    if (!this.#isNudged) await this.#rest(this.#probeMs);
    this.#probeMs = Math.min(this.#probeMs * 2, this.timing.longestProbeMs);
  }

  #recover(): void {
    this.#isDown = false;
    this.#failuresInARow = 0;
    this.#probeMs = this.timing.probeMs;
  }

  async #tell(taken: readonly Taken[]): Promise<void> {
    const [ids, secrets] = await Promise.all([
      this.options.externalIds(
        this.service,
        taken.map(({ accountId }) => accountId),
      ),
      this.#liveSecrets(),
    ]);
    for (const each of taken) {
      const call = this.#call(each, ids.get(each.accountId), secrets).catch((error) => {
        // What became of it is not on record: it comes back when its lease is over.
        this.options.log.error({ service: this.service, ...describeError(error) }, 'an event was not settled');
      });
      this.#calls.add(call);
      void call.then(() => {
        this.#calls.delete(call);
        this.wake();
      });
    }
  }

  async #call(taken: Taken, externalId: string | undefined, secrets: readonly string[]): Promise<void> {
    const { accountId, position, taking, id, attempts, ageMs } = taken;
    if (externalId === undefined) {
      await this.#settle({
        accountId,
        position,
        taking,
        failure: 'knows the person no more, or their record cannot be opened',
        retryMs: null,
      });
      return;
    }
    const body = payload(taken, externalId);
    const timestamp = Math.floor(Date.now() / 1_000);
    const failure = await this.#sender.send(
      {
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': secrets.map((secret) => sign(secret, id, timestamp, body)).join(' '),
      },
      body,
    );
    const isOver = ageMs >= this.options.giveUpMs;
    await this.#settle({
      ...{ accountId, position, taking, failure },
      retryMs: failure === null || isOver ? null : this.timing.backoffMs(attempts),
    });
    await this.#count(failure);
  }

  async #count(failure: string | null): Promise<void> {
    this.#failuresInARow = failure === null ? 0 : this.#failuresInARow + 1;
    if (failure === null || this.#isDown || this.#failuresInARow < DOWN_AFTER) return;
    this.#isDown = true;
    await this.#queue.setFailing();
    this.options.log.warn({ service: this.service, failure }, 'a service takes no events: it is asked now and then');
  }

  /** Written down together with what else was settled meanwhile. */
  async #settle(outcome: Outcome): Promise<void> {
    this.#settled.push(outcome);
    while (this.#settled.includes(outcome)) {
      this.#settling ??= this.#writeSettled().finally(() => {
        this.#settling = null;
      });
      await this.#settling;
    }
  }

  async #writeSettled(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const outcomes = this.#settled;
    this.#settled = [];
    await this.#queue.settle(outcomes);
  }

  async #liveSecrets(): Promise<readonly string[]> {
    const now = performance.now();
    if (!this.#secrets || now - this.#secrets.readAt > SECRETS_MS) {
      const live = await liveSecrets(this.sql, this.options.keys, this.service, new Date());
      this.#secrets = { live, readAt: now };
    }
    return this.#secrets.live;
  }

  /** Until somebody says that there is something, or the time is over. */
  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#nudge = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopped.signal.aborted) this.#nudge();
    });
    this.#nudge = null;
  }
}
