import type { Affiliation } from '../services/service.js';
import { decide, type FieldClass, type ReadPurpose, type WithheldReason } from './decide.js';
import type { Standing } from './standing.js';

/** What may be read of one person, for one purpose, at one moment: a reason for every class of field that may not. */
export interface Judgement {
  /** Everything may be read. */
  readonly isFree: boolean;
  /** Names the classes that may not be read; the same for the same ones. Empty where everything may. */
  readonly mask: string;
  /** Why a field of these classes may not be read; null: it may. */
  reason(classes: readonly number[]): WithheldReason | null;
}

/** Everything may be read: by the person themself, or by staff. */
export const FREE: Judgement = { isFree: true, mask: '', reason: () => null };

/** Judges people for one purpose and recipient, over the numbered classes of field of one graph. */
export class Judge {
  readonly #made = new Map<string, Judgement>();

  constructor(
    private readonly purpose: ReadPurpose,
    private readonly recipient: Affiliation,
    private readonly classes: readonly FieldClass[],
  ) {}

  judge(standing: Standing): Judgement {
    const reasons = this.#reasons(standing);
    const mask = reasons.flatMap((reason, number) => (reason ? [`${number}:${reason}`] : [])).join();
    const known = this.#made.get(mask);
    if (known) return known;
    const made: Judgement = mask === '' ? FREE : { isFree: false, mask, reason: (of) => firstReason(reasons, of) };
    if (this.#made.size < MOST_REMEMBERED) this.#made.set(mask, made);
    return made;
  }

  /** To one of our own services a category makes no difference, so that two answers serve all classes. */
  #reasons(standing: Standing): readonly (WithheldReason | null)[] {
    const ask = (field: FieldClass) => decide(this.purpose, this.recipient, field, standing);
    if (this.recipient === 'EXTERNAL') return this.classes.map(ask);
    const ours = ask({ category: null, fromExternalService: false });
    const theirs = ask({ category: null, fromExternalService: true });
    if (ours === null && theirs === null) return [];
    return this.classes.map(({ fromExternalService }) => (fromExternalService ? theirs : ours));
  }
}

const MOST_REMEMBERED = 256;

function firstReason(reasons: readonly (WithheldReason | null)[], classes: readonly number[]): WithheldReason | null {
  for (const number of classes) {
    const reason = reasons[number];
    if (reason) return reason;
  }
  return null;
}
