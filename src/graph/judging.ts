import DataLoader from 'dataloader';
import { readEpochs, readStandings } from '../consents/standing.js';
import type { ServiceCaller } from '../gate/caller.js';
import type { FieldClass, ReadPurpose } from '../gate/decide.js';
import { Judge, type Judgement } from '../gate/judgement.js';
import type { Standing } from '../gate/standing.js';
import { withAncestors } from '../services/purposes.js';
import type { World } from '../world.js';

/**
 * The gate at work on one request of a service: judges the people it comes upon by where they stand now, and once more
 * just before the answer is released.
 */
export class Judging {
  readonly #judge: Judge;
  readonly #standings = new Map<string, Standing>();
  readonly #under = new Map<string, Promise<void>>();
  readonly #judgements = new Map<string, Judgement>();
  readonly #read: (accountId: string) => Promise<Standing | null>;
  readonly #readEpoch: (accountId: string) => Promise<string | null>;

  constructor(world: World, caller: ServiceCaller, purpose: ReadPurpose, classes: readonly FieldClass[]) {
    this.#judge = new Judge(purpose, caller.affiliation, classes);
    const readers = readersOf(world);
    const needsConsents =
      purpose.basis === 'CONSENT' ||
      caller.affiliation === 'EXTERNAL' ||
      classes.some(({ fromExternalService }) => fromExternalService);
    const purposes = needsConsents ? withAncestors(purpose.key) : [];
    this.#read = (id) => readers.standing(purposes).load(id);
    this.#readEpoch = (id) => readers.epoch.load(id);
  }

  get judgements(): ReadonlyMap<string, Judgement> {
    return this.#judgements;
  }

  /** Whether there is an account of somebody judged: none, or one erased, is nobody's. */
  knows(accountId: string): boolean {
    return (this.#standings.get(accountId)?.status ?? 'ERASED') !== 'ERASED';
  }

  /** The judgements of these people, read where they have not been in this request. */
  async of(accountIds: readonly string[]): Promise<ReadonlyMap<string, Judgement>> {
    const reading: Promise<void>[] = [];
    for (const id of accountIds) {
      if (this.#standings.has(id)) continue;
      let under = this.#under.get(id);
      if (!under) {
        under = this.#judgeAnew(id);
        this.#under.set(id, under);
      }
      reading.push(under);
    }
    if (reading.length > 0) await Promise.all(reading);
    return this.#judgements;
  }

  /**
   * Whether anybody's standing has changed since it was read; who it is of is then judged anew. The last look before
   * an answer is released.
   */
  async hasChanged(): Promise<boolean> {
    let changed = false;
    await Promise.all(
      [...this.#standings].map(async ([id, { epoch }]) => {
        if (((await this.#readEpoch(id)) ?? GONE) === epoch) return;
        changed = true;
        await this.#judgeAnew(id);
      }),
    );
    return changed;
  }

  async #judgeAnew(accountId: string): Promise<void> {
    const standing = (await this.#read(accountId)) ?? gone(accountId);
    this.#standings.set(accountId, standing);
    this.#judgements.set(accountId, this.#judge.judge(standing));
  }
}

const GONE = '';

/** Somebody there is no account of, or no longer. */
const gone = (accountId: string): Standing => ({
  accountId,
  status: 'ERASED',
  epoch: GONE,
  consents: [],
  objections: [],
});

interface Readers {
  standing(purposes: readonly string[]): DataLoader<string, Standing | null>;
  readonly epoch: DataLoader<string, string | null>;
}

const MOST_AT_ONCE = 2_000;
const readers = new WeakMap<World, Readers>();

/** Reads for requests that wait at the same time together. Nothing read is kept. */
function readersOf(world: World): Readers {
  const known = readers.get(world);
  if (known) return known;
  const { sql } = world;
  const together = {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
    batchScheduleFn: (read: () => void) => void setImmediate(read),
  };
  const standings = new Map<string, DataLoader<string, Standing | null>>();
  const made: Readers = {
    standing: (purposes) => {
      const key = purposes.join();
      const loader =
        standings.get(key) ??
        new DataLoader<string, Standing | null>(async (ids) => {
          const found = await readStandings(sql, [...new Set(ids)], purposes);
          return ids.map((id) => found.get(id) ?? null);
        }, together);
      standings.set(key, loader);
      return loader;
    },
    epoch: new DataLoader<string, string | null>(async (ids) => {
      const found = await readEpochs(sql, [...new Set(ids)]);
      return ids.map((id) => found.get(id) ?? null);
    }, together),
  };
  readers.set(world, made);
  return made;
}
