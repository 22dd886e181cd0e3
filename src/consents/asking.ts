import { badInput } from '../errors.js';
import type { PolicyPurpose, PolicyTerms } from '../policies/policies.js';
import type { Taxonomy } from '../services/taxonomy.js';

/** How people were asked: what makes a yes a consent. */
export interface Asked {
  /** The words the person was shown. */
  readonly wording?: string | undefined;
  /** Their language, a BCP 47 tag. */
  readonly locale?: string | undefined;
  /** Where the proof is kept. */
  readonly evidence?: string | undefined;
}

/** What a version is asked for. */
export interface Askable {
  readonly purpose: string;
  readonly policyVersion: number;
  /** London day on which the person agreed. */
  readonly day: string;
}

/** What the version tells of a use people can agree to. `terms`: null where there is no such version. */
export function requireAskable(
  taxonomy: Taxonomy,
  terms: PolicyTerms | null,
  { purpose, policyVersion: version, day }: Askable,
): PolicyPurpose {
  if (!taxonomy.use(purpose)) {
    const nearest = taxonomy.nearest('data_use', purpose);
    throw badInput('purpose', `is no use of data that is known${nearest ? `: did you mean ${nearest}?` : '.'}`);
  }
  if (!terms) throw badInput('policyVersion', `there is no version ${version} of the privacy policy.`);
  if (!terms.isInForce || day < terms.effectiveFrom) {
    const when = terms.isInForce ? 'was not in force yet when consent was given' : 'is not in force yet';
    throw badInput('policyVersion', `version ${version} ${when}: it counts from ${terms.effectiveFrom}.`);
  }
  if (!terms.named) {
    throw badInput('purpose', `version ${version} of the privacy policy does not name it, so nobody was told of it.`);
  }
  if (terms.named.lawfulBasis !== 'CONSENT') {
    throw badInput('purpose', `rests on ${terms.named.lawfulBasis}, not on consent: there is nothing to agree to.`);
  }
  return terms.named;
}

const UNPRINTABLE = /[^\P{Cc}\n\r\t]|\p{Cs}/u;
const LONGEST_WORDING = 10_000;
const LONGEST_EVIDENCE = 500;

/** Refuses what cannot be kept of how somebody was asked. */
export function checkEvidence({ locale, evidence }: Asked): void {
  if (locale !== undefined && !isLanguageTag(locale))
    throw badInput('locale', 'is no language tag: write it as en-GB.');
  if ((evidence?.length ?? 0) > LONGEST_EVIDENCE)
    throw badInput('evidence', `is longer than ${LONGEST_EVIDENCE} characters.`);
  if (UNPRINTABLE.test(evidence ?? '')) throw badInput('evidence', 'holds control characters: remove them.');
}

function isLanguageTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

/** The words the person was shown. A box that was ticked for them, or silence, is no consent (recital 32). */
export function wordsOf({ by, wording }: Asked & { readonly by: string }, named: PolicyPurpose): string {
  if (wording === undefined && by !== 'STAFF') return `${named.title}\n${named.description}`;
  if (!wording?.trim()) {
    throw badInput('wording', 'is missing: give the words the person was shown and agreed to.');
  }
  if (wording.length > LONGEST_WORDING) throw badInput('wording', `is longer than ${LONGEST_WORDING} characters.`);
  if (UNPRINTABLE.test(wording)) throw badInput('wording', 'holds control characters: remove them.');
  return wording;
}
