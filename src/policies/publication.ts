import { badInput } from '../errors.js';
import type { LawfulBasis } from '../services/service.js';
import { covers, type Taxonomy } from '../services/taxonomy.js';

/** One use of personal data, as a version of the policy tells people of it. */
export interface PolicyPurpose {
  /** Fideslang data use. */
  readonly purpose: string;
  readonly title: string;
  readonly description: string;
  readonly lawfulBasis: LawfulBasis;
  /** Fideslang data categories. */
  readonly categories: readonly string[];
  readonly retention: string | null;
  readonly recipients: readonly string[];
  readonly marketing: boolean;
  /** Whether consent given under an earlier version no longer covers it. */
  readonly material: boolean;
}

export interface Publication {
  /** Higher than that of every version before. */
  readonly version: number;
  /** London day, `YYYY-MM-DD`, later than that of every version before; it may lie in the future. */
  readonly effectiveFrom: string;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
  readonly purposes: readonly PolicyPurpose[];
}

const LONGEST = { title: 200, text: 200_000, description: 2_000, retention: 200, recipient: 200 } as const;
const MOST_PURPOSES = 200;
const HIGHEST_VERSION = 1_000_000;
/** What no page, file or database can hold: control characters but line breaks and tabs, and halves of characters. */
const UNPRINTABLE = /[^\P{Cc}\n\r\t]|\p{Cs}/u;

/** Refuses what cannot be published, naming the argument and the mend. */
export function checkPublication(taxonomy: Taxonomy, publication: Publication): void {
  const { version, title, text, purposes } = publication;
  if (version < 1 || version > HIGHEST_VERSION) throw badInput('version', `must be from 1 to ${HIGHEST_VERSION}.`);
  checkText('title', title, LONGEST.title);
  checkText('text', text, LONGEST.text);
  if (purposes.length === 0) throw badInput('purposes', 'is empty: name every use of personal data.');
  if (purposes.length > MOST_PURPOSES) throw badInput('purposes', `names more than ${MOST_PURPOSES} uses.`);
  for (const [index, purpose] of purposes.entries()) checkPurpose(taxonomy, purpose, `purposes[${index}]`);
  const keys = purposes.map(({ purpose }) => purpose);
  const repeated = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (repeated >= 0) throw badInput(`purposes[${repeated}].key`, 'is named twice.');
}

function checkPurpose(taxonomy: Taxonomy, purpose: PolicyPurpose, at: string): void {
  if (!taxonomy.use(purpose.purpose)) {
    throw badInput(`${at}.key`, notATerm('data use', taxonomy.nearest('data_use', purpose.purpose)));
  }
  checkText(`${at}.title`, purpose.title, LONGEST.title);
  checkText(`${at}.description`, purpose.description, LONGEST.description);
  if (purpose.retention !== null) checkText(`${at}.retention`, purpose.retention, LONGEST.retention);
  for (const [index, recipient] of purpose.recipients.entries())
    checkText(`${at}.recipients[${index}]`, recipient, LONGEST.recipient);
  for (const [index, category] of purpose.categories.entries()) {
    if (taxonomy.category(category)) continue;
    const nearest = taxonomy.nearest('data_category', category);
    throw badInput(`${at}.categories[${index}]`, notATerm('data category', nearest));
  }
  if (purpose.categories.length === 0)
    throw badInput(`${at}.categories`, 'is empty: say which categories of data are used.');
  if (covers('marketing', purpose.purpose) && !purpose.marketing)
    throw badInput(`${at}.marketing`, 'must be true: every use below "marketing" is direct marketing.');
}

function checkText(argument: string, text: string, longest: number): void {
  if (text.trim() === '') throw badInput(argument, 'is empty.');
  if (text.length > longest) throw badInput(argument, `is longer than ${longest} characters.`);
  if (UNPRINTABLE.test(text)) throw badInput(argument, 'holds control characters: remove them.');
}

const notATerm = (kind: string, nearest: string | undefined) =>
  `is no Fideslang ${kind}${nearest ? `: did you mean ${nearest}?` : ', nor one the company added.'}`;
