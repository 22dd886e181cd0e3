import type { Affiliation, LawfulBasis } from '../services/service.js';
import { covers } from '../services/taxonomy.js';
import type { ConsentState, Standing } from './standing.js';

/** Why a field is withheld; told to the caller in `extensions.withheld`. */
export type WithheldReason =
  /** Never asked for, or never given. */
  | 'NO_CONSENT'
  | 'CONSENT_WITHDRAWN'
  | 'CONSENT_EXPIRED'
  /** Given under a policy that has since changed in a way that matters. */
  | 'CONSENT_NEEDS_RENEWAL'
  | 'OBJECTED'
  | 'RESTRICTED'
  | 'ERASED'
  /** One of our own services might read it, but not somebody outside. */
  | 'EXTERNAL_RECIPIENT';

/** What a service reads for. */
export interface ReadPurpose {
  /** Fideslang data use. */
  readonly key: string;
  readonly basis: LawfulBasis;
  readonly marketing: boolean;
}

/** What of a field matters: its Fideslang data category, and whether it rests with a service outside the company. */
export interface FieldClass {
  readonly category: string | null;
  readonly fromExternalService: boolean;
  /**
   * Of what a page tells of its records besides them, such as how many there are: their categories, any of which lets
   * it be told.
   */
  readonly ofRecords?: readonly string[];
}

/** UK GDPR Article 18(2), as far as a purpose can show it: the person's consent, the law, another person's life. */
const DESPITE_RESTRICTION: ReadonlySet<LawfulBasis> = new Set(['CONSENT', 'LEGAL_OBLIGATION', 'VITAL_INTERESTS']);

/** UK GDPR Article 21(1): the bases a person can object to. */
const OPEN_TO_OBJECTION: ReadonlySet<LawfulBasis> = new Set(['LEGITIMATE_INTERESTS', 'PUBLIC_TASK']);

/**
 * Why this field may not be read for this purpose from this person by a service of this affiliation today; null: it
 * may. Whether any declaration allows the purpose to read the field at all is settled before, for the whole question.
 */
export function decide(
  purpose: ReadPurpose,
  recipient: Affiliation,
  field: FieldClass,
  standing: Standing,
): WithheldReason | null {
  if (standing.status === 'ERASED' || standing.status === 'ERASING') return 'ERASED';
  if (recipient === 'EXTERNAL' && purpose.marketing) return 'EXTERNAL_RECIPIENT';
  if (standing.status === 'RESTRICTED' && !DESPITE_RESTRICTION.has(purpose.basis)) return 'RESTRICTED';
  if (hasObjected(purpose, standing)) return 'OBJECTED';
  if (purpose.basis !== 'CONSENT' && recipient === 'AFFILIATED' && !field.fromExternalService) return null;

  const { given, lacking } = consentTo(purpose.key, standing.consents);
  const recipientAloneNeedsIt = purpose.basis !== 'CONSENT' && !field.fromExternalService;
  if (lacking === 'NO_CONSENT' && recipientAloneNeedsIt) return 'EXTERNAL_RECIPIENT';
  if (lacking) return lacking;
  if (recipient === 'EXTERNAL' && !given.some((consent) => names(consent, field))) return 'EXTERNAL_RECIPIENT';
  return null;
}

/** Article 21(1) for a few bases; 21(2) and (3) for marketing, whatever it rests on. An objection holds for all below it. */
function hasObjected({ key, basis, marketing }: ReadPurpose, { objections }: Standing): boolean {
  return (marketing || OPEN_TO_OBJECTION.has(basis)) && objections.some((objection) => covers(objection, key));
}

/**
 * Consent to a use covers those below it. What was withdrawn, or has run out, ends every consent given before it; and
 * a consent given since to a wider use does not bring it back: only one to the same use or a narrower one does.
 */
function consentTo(
  key: string,
  consents: readonly ConsentState[],
): { given: readonly ConsentState[]; lacking: WithheldReason | null } {
  const bearing = consents.filter(({ purpose }) => covers(purpose, key));
  const ended = bearing.filter(({ status }) => status === 'WITHDRAWN' || status === 'EXPIRED');
  const standing = bearing.filter((consent) => ended.every((ending) => outlives(consent, ending)));
  const given = standing.filter(({ status }) => status === 'GIVEN');
  if (given.length > 0) return { given, lacking: null };
  return { given, lacking: standing.length > 0 ? 'CONSENT_NEEDS_RENEWAL' : lastWord(ended) };
}

/** Whether a consent holds although one ended: it is to a narrower use, and was given after. None outlives itself. */
function outlives(consent: ConsentState, ending: ConsentState): boolean {
  return !covers(consent.purpose, ending.purpose) && ending.since < consent.since;
}

/** What the latest ending was; where two came at once, the person's own word. */
function lastWord(ended: readonly ConsentState[]): WithheldReason {
  if (ended.length === 0) return 'NO_CONSENT';
  const latest = Math.max(...ended.map(({ since }) => since));
  const withdrawn = ended.some(({ status, since }) => since === latest && status === 'WITHDRAWN');
  return withdrawn ? 'CONSENT_WITHDRAWN' : 'CONSENT_EXPIRED';
}

/** Whether the policy consented to names the category, or one above it, for the purpose. */
function names({ categories }: ConsentState, { category, ofRecords = [] }: FieldClass): boolean {
  if (categories === null) return true;
  const told = category === null ? ofRecords : [category];
  return told.some((each) => categories.some((named) => covers(named, each)));
}
