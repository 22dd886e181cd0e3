import type { ErasureAction } from './service.js';

/** What happens, or has happened, to some records of one collection. */
export interface ErasureItem {
  /** As the manifest names it; "dataset.collection" where two datasets have one of that name. */
  readonly collection: string;
  readonly action: ErasureAction;
  /** Records; kept ones whose fields are masked are told twice, as KEEP and as MASK. At least 1 where it can be counted. */
  readonly records: number;
  /** Why it is kept or changed, in words for the person; null where the records simply go. */
  readonly reason: string | null;
  /** The law that asks for it, as the manifest says. */
  readonly legalGround: string | null;
  /** ISO 8601 date until when the last of them is kept; null where nothing is kept, or no end is known. */
  readonly keepUntil: string | null;
}

/** Why a service does not erase. The words are the service's own, made for the person. */
export interface ErasureRefusal {
  readonly code: string;
  /** By language (BCP 47). */
  readonly message: Readonly<Record<string, string>>;
}

/** What an erasure does at one service, or why it is not done: with a refusal nothing is changed there. */
export interface ServiceErasurePlan {
  readonly service: string;
  readonly items: readonly ErasureItem[];
  readonly refusals: readonly ErasureRefusal[];
}

/** What was done, in the same form: counts of this run alone, so that a second run tells what was left to do. */
export type ServiceErasureOutcome = ServiceErasurePlan;

/** What an erasure leaves alone. */
export interface ErasureScope {
  /** Collections under a legal hold: nothing in them is changed, and the plan tells them as kept. */
  readonly heldBack: readonly string[];
}

export interface ErasureStep {
  /** The same for every try of one step: a service that honours it does the step once. At most 255 characters. */
  readonly key: string;
  readonly scope: ErasureScope;
}
