import type { Db } from '../../src/database/database.js';
import { type PolicyPurpose, publishPolicy } from '../../src/policies/policies.js';
import { taxonomy } from '../../src/services/taxonomy.js';

export const MAIL = 'marketing.communications.email';
export const REPORTS = 'analytics.reporting';
export const SERVICE = 'essential.service';

export const use = (purpose: string, more: Partial<PolicyPurpose> = {}): PolicyPurpose => ({
  purpose,
  title: `About ${purpose}`,
  description: 'What it means.',
  lawfulBasis: 'CONSENT',
  categories: ['user.contact.email'],
  retention: null,
  recipients: [],
  marketing: purpose.startsWith('marketing'),
  material: false,
  ...more,
});

const USES = [use(MAIL), use('marketing'), use(REPORTS), use('analytics'), use(SERVICE, { lawfulBasis: 'CONTRACT' })];

/** Versions 1 to 3: the second changed marketing by e-mail, the third is not in force yet. */
export async function publishThree(db: Db): Promise<void> {
  const versions = [
    ['2018-05-25', USES],
    ['2022-05-04', USES.map((each) => (each.purpose === MAIL ? { ...each, material: true } : each))],
    ['2999-01-01', USES],
  ] as const;
  for (const [index, [effectiveFrom, purposes]] of versions.entries()) {
    const version = index + 1;
    const publication = { version, effectiveFrom, title: 'Privacy policy', text: `Version ${version}`, purposes };
    await db.transaction((tx) => publishPolicy(tx, new Date(), taxonomy, publication, 'staff (dps)'));
  }
}
