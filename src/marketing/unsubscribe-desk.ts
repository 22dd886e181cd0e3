import { and, eq } from 'drizzle-orm';
import type { Db, Tx } from '../database/database.js';
import { EVERYTHING, type Held, type Subject } from './ledger.js';
import { suppressions } from './marketing.tables.js';
import { setSuppressions } from './suppressions.js';
import type { Link } from './unsubscribe-link.js';
import type { Stopped } from './unsubscribe-page.js';
import { isUndoable, standingOf, undo, unsubscribe } from './unsubscribing.js';

/** What somebody does with a link: to its topic, or to all marketing. */
export interface LinkDeed {
  readonly act: 'stop' | 'undo';
  readonly what: 'topic' | 'all';
  /** How: the mail program's button, or the page. */
  readonly channel: 'EMAIL' | 'WEB';
}

const UNSUBSCRIBED = 'unsubscribed';

/** Does what somebody asks for with a link, for an account or for an address without one. Again, it changes nothing. */
export async function useLink(db: Db, now: Date, link: Link, { act, what, channel }: LinkDeed): Promise<void> {
  const topic = what === 'all' ? null : link.topic;
  await db.transaction(async (tx) => {
    if ('accountId' in link) {
      const said = { accountId: link.accountId, topic, channel, actor: 'data subject' } as const;
      await (act === 'stop' ? unsubscribe(tx, now, said) : undo(tx, now, said));
    } else await useAddress(tx, now, link.fingerprint, subjectOf(topic), act);
  });
}

const subjectOf = (topic: string | null): Subject => (topic === null ? EVERYTHING : { scope: 'TOPIC', key: topic });

async function useAddress(tx: Tx, now: Date, fingerprint: Buffer, subject: Subject, act: LinkDeed['act']) {
  const state = await suppressionOf(tx, fingerprint, subject);
  if (act === 'stop' ? state?.suppressed : !state?.suppressed || state.source !== UNSUBSCRIBED) return;
  // After all that is known, whichever server's clock was ahead when that was written.
  const since = new Date(Math.max(now.getTime(), (state?.since.getTime() ?? 0) + 1));
  const suppressed = act === 'stop';
  await setSuppressions(tx, [
    { fingerprint, ...subject, suppressed, since, recordedAt: now, source: suppressed ? UNSUBSCRIBED : 'undone' },
  ]);
}

async function suppressionOf(tx: Tx, fingerprint: Buffer, { scope, key }: Subject) {
  const [row] = await tx
    .select()
    .from(suppressions)
    .where(and(eq(suppressions.fingerprint, fingerprint), eq(suppressions.scope, scope), eq(suppressions.key, key)));
  return row;
}

/** How things stand that a link is about. */
export async function howLinkStands(db: Db, link: Link): Promise<{ topic: Stopped; all: Stopped }> {
  return db.transaction(async (tx) => {
    if ('accountId' in link) {
      const { topic, all } = await standingOf(tx, link.accountId, link.topic);
      return { topic: stoppedOf(topic), all: stoppedOf(all) };
    }
    const stopped = async (subject: Subject): Promise<Stopped> => {
      const state = await suppressionOf(tx, link.fingerprint, subject);
      return !state?.suppressed ? 'NO' : state.source === UNSUBSCRIBED ? 'BY_LINK' : 'YES';
    };
    return {
      topic: link.topic === null ? 'NO' : await stopped(subjectOf(link.topic)),
      all: await stopped(EVERYTHING),
    };
  });
}

function stoppedOf(held: Held | undefined): Stopped {
  if (!held || held.allowed) return 'NO';
  return isUndoable(held) ? 'BY_LINK' : 'YES';
}
