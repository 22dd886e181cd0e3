import type { Sql } from 'postgres';
import { recordIncidents } from '../audit/incidents.js';
import type { Keys } from '../crypto/keys.js';
import type { Tx } from '../database/database.js';
import { HabeasError } from '../errors.js';
import { findErased, type Known } from './tombstones.js';

/** Somebody who was erased was to come back under an old id. Names the argument, never the id. */
export class ErasedError extends HabeasError {
  constructor(
    readonly argument: string,
    /** Whose id it is; null: Habeas' own. */
    readonly service: string | null,
  ) {
    super('CONFLICT', `${argument}: belongs to somebody who was erased: nobody comes back under it.`, { argument });
  }
}

/**
 * Throws `ErasedError` where one of these belongs to somebody erased. To be asked after the ids were written: who waited
 * there for an erasure to end then sees its tombstones.
 */
export async function refuseErased(
  tx: Tx,
  keys: Keys,
  asked: readonly { readonly argument: string; readonly known: Known }[],
): Promise<void> {
  const erased = await findErased(
    tx,
    keys,
    asked.map(({ known }) => known),
  );
  const [first] = asked.filter(({ known }) => erased.includes(known));
  if (first) throw new ErasedError(first.argument, 'service' in first.known ? first.known.service : null);
}

/** Does what may be refused so, and writes the refusal down: its own transaction is gone by then. */
export async function recordRefusal<Result>(
  sql: Sql,
  now: Date,
  actor: string,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ErasedError) {
      const detail = `${error.argument}, by ${actor}`;
      const service = error.service ?? 'habeas';
      await recordIncidents(sql, [{ at: now, service, kind: 'ERASED_SUBJECT', accountId: null, detail }]);
    }
    throw error;
  }
}
