import { describe, expect, it } from 'vitest';
import { decide, type FieldClass, type ReadPurpose, type WithheldReason } from '../../src/gate/decide.js';
import type { ConsentState, Standing } from '../../src/gate/standing.js';
import type { Affiliation } from '../../src/services/service.js';

const STANDING: Standing = { accountId: 'a', status: 'ACTIVE', epoch: '1', consents: [], objections: [] };
const EMAIL: FieldClass = { category: 'user.contact.email', fromExternalService: false };
const ABROAD: FieldClass = { ...EMAIL, fromExternalService: true };

const service: ReadPurpose = { key: 'essential.service', basis: 'CONTRACT', marketing: false };
const fraud: ReadPurpose = { key: 'essential.fraud_detection', basis: 'LEGITIMATE_INTERESTS', marketing: false };
const law: ReadPurpose = { key: 'essential.legal_obligation', basis: 'LEGAL_OBLIGATION', marketing: false };
const life: ReadPurpose = { key: 'essential', basis: 'VITAL_INTERESTS', marketing: false };
const office: ReadPurpose = { key: 'operations', basis: 'PUBLIC_TASK', marketing: false };
const analytics: ReadPurpose = { key: 'analytics.reporting', basis: 'CONSENT', marketing: false };
const mail: ReadPurpose = { key: 'marketing.communications.email', basis: 'CONSENT', marketing: true };
const softOptIn: ReadPurpose = { ...mail, basis: 'LEGITIMATE_INTERESTS' };

const state =
  (status: ConsentState['status']) =>
  (purpose: string, since: number, categories: readonly string[] | null = null): ConsentState => ({
    purpose,
    status,
    since,
    categories,
  });
const given = state('GIVEN');
const withdrawn = state('WITHDRAWN');
const expired = state('EXPIRED');
const stale = state('NEEDS_RENEWAL');

type Row = [
  what: string,
  purpose: ReadPurpose,
  recipient: Affiliation,
  field: FieldClass,
  person: Partial<Standing>,
  reason: WithheldReason | null,
];

const consents = (...all: ConsentState[]): Partial<Standing> => ({ consents: all });

const ROWS: Row[] = [
  ['our service reads under contract', service, 'AFFILIATED', EMAIL, {}, null],
  ['our service reads for legitimate interests', fraud, 'AFFILIATED', EMAIL, {}, null],

  ['Art17 nothing is read of somebody erased', law, 'AFFILIATED', EMAIL, { status: 'ERASED' }, 'ERASED'],
  ['Art17 nothing is read of somebody being erased', service, 'AFFILIATED', EMAIL, { status: 'ERASING' }, 'ERASED'],

  ['Art18 a contract does not open a restricted account', service, 'AFFILIATED', EMAIL, restricted(), 'RESTRICTED'],
  ['Art18 nor do legitimate interests', fraud, 'AFFILIATED', EMAIL, restricted(), 'RESTRICTED'],
  ['Art18 nor does a public task', office, 'AFFILIATED', EMAIL, restricted(), 'RESTRICTED'],
  ['Art18(2) the law does', law, 'AFFILIATED', EMAIL, restricted(), null],
  ['Art18(2) vital interests do', life, 'AFFILIATED', EMAIL, restricted(), null],
  ['Art18(2) consent does', analytics, 'AFFILIATED', EMAIL, restricted(given('analytics', 1)), null],
  ['Art18(2) only while it is live', analytics, 'AFFILIATED', EMAIL, restricted(), 'NO_CONSENT'],

  ['Art21 objected to the purpose', fraud, 'AFFILIATED', EMAIL, { objections: [fraud.key] }, 'OBJECTED'],
  ['Art21 objected to one above it', fraud, 'AFFILIATED', EMAIL, { objections: ['essential'] }, 'OBJECTED'],
  ['Art21 objected to another', fraud, 'AFFILIATED', EMAIL, { objections: ['essential.fraud'] }, null],
  ['Art21 objected to a public task', office, 'AFFILIATED', EMAIL, { objections: ['operations'] }, 'OBJECTED'],
  ['Art21(1) a contract cannot be objected to', service, 'AFFILIATED', EMAIL, { objections: [service.key] }, null],
  ['Art21(2) marketing by soft opt-in', softOptIn, 'AFFILIATED', EMAIL, { objections: ['marketing'] }, 'OBJECTED'],
  [
    'Art21(3) marketing, although consent was given',
    mail,
    'AFFILIATED',
    EMAIL,
    { objections: ['marketing'], ...consents(given(mail.key, 9)) },
    'OBJECTED',
  ],

  ['Art6(1)(a) never given', analytics, 'AFFILIATED', EMAIL, {}, 'NO_CONSENT'],
  ['given', analytics, 'AFFILIATED', EMAIL, consents(given('analytics.reporting', 1)), null],
  ['given for a use above', analytics, 'AFFILIATED', EMAIL, consents(given('analytics', 1)), null],
  ['given for a use below only', analytics, 'AFFILIATED', EMAIL, below(), 'NO_CONSENT'],
  ['given for a use spelt alike', analytics, 'AFFILIATED', EMAIL, consents(given('analytic', 1)), 'NO_CONSENT'],
  [
    'Art7(3) withdrawn',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(withdrawn('analytics.reporting', 1)),
    'CONSENT_WITHDRAWN',
  ],
  ['expired', analytics, 'AFFILIATED', EMAIL, consents(expired('analytics.reporting', 1)), 'CONSENT_EXPIRED'],
  ['P37 outdated', analytics, 'AFFILIATED', EMAIL, consents(stale('analytics', 1)), 'CONSENT_NEEDS_RENEWAL'],
  [
    'what was withdrawn is not brought back by a wider yes',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(given('analytics', 9), withdrawn('analytics.reporting', 1)),
    'CONSENT_WITHDRAWN',
  ],
  [
    'a wider withdrawal ends a narrower consent before it',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(given('analytics.reporting', 1), withdrawn('analytics', 2)),
    'CONSENT_WITHDRAWN',
  ],
  [
    'and one at the same moment',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(given('analytics.reporting', 2), expired('analytics', 2)),
    'CONSENT_EXPIRED',
  ],
  [
    'a narrower consent after a wider withdrawal holds',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(given('analytics.reporting', 3), withdrawn('analytics', 2)),
    null,
  ],
  [
    'an outdated consent beside a wider one that is not',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(given('analytics', 1), stale('analytics.reporting', 2)),
    null,
  ],
  [
    'renewal is not asked for where it would not help',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(stale('analytics', 3), withdrawn('analytics.reporting', 2)),
    'CONSENT_WITHDRAWN',
  ],
  [
    'the latest ending is told',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(withdrawn('analytics', 1), expired('analytics.reporting', 2)),
    'CONSENT_EXPIRED',
  ],
  [
    'of two at once, the person’s own',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(withdrawn('analytics', 2), expired('analytics.reporting', 2)),
    'CONSENT_WITHDRAWN',
  ],

  ['P16 outside, nothing by default', service, 'EXTERNAL', EMAIL, {}, 'EXTERNAL_RECIPIENT'],
  ['P16 not even by law', law, 'EXTERNAL', EMAIL, {}, 'EXTERNAL_RECIPIENT'],
  ['P16 a consent purpose never consented to', analytics, 'EXTERNAL', EMAIL, {}, 'NO_CONSENT'],
  ['P16 with live consent', service, 'EXTERNAL', EMAIL, consents(given('essential', 1)), null],
  [
    'P16 in the categories consented to',
    service,
    'EXTERNAL',
    EMAIL,
    consents(given('essential', 1, ['user.contact'])),
    null,
  ],
  [
    'P16 in no others',
    service,
    'EXTERNAL',
    EMAIL,
    consents(given('essential', 1, ['user.name', 'user.contact.phone_number'])),
    'EXTERNAL_RECIPIENT',
  ],
  [
    'P16 nothing unclassified, unless all was consented to',
    service,
    'EXTERNAL',
    { ...EMAIL, category: null },
    consents(given('essential', 1, ['user'])),
    'EXTERNAL_RECIPIENT',
  ],
  [
    'our service is not held to the categories named',
    analytics,
    'AFFILIATED',
    EMAIL,
    consents(given('analytics', 1, ['user.name'])),
    null,
  ],
  [
    'P16 a withdrawn consent does not say which categories',
    service,
    'EXTERNAL',
    EMAIL,
    consents(given('essential.service', 1, ['user']), withdrawn('essential', 2)),
    'CONSENT_WITHDRAWN',
  ],
  ['P16 until it is withdrawn', service, 'EXTERNAL', EMAIL, consents(withdrawn('essential', 2)), 'CONSENT_WITHDRAWN'],
  ['P31 outside, marketing never', mail, 'EXTERNAL', EMAIL, consents(given('marketing', 1)), 'EXTERNAL_RECIPIENT'],

  ['nothing from a service outside by default', service, 'AFFILIATED', ABROAD, {}, 'NO_CONSENT'],
  ['from there with live consent', service, 'AFFILIATED', ABROAD, consents(given('essential', 1)), null],
  [
    'from there no more once withdrawn',
    service,
    'AFFILIATED',
    ABROAD,
    consents(withdrawn('essential.service', 1)),
    'CONSENT_WITHDRAWN',
  ],
];

describe('Whether a field may be read', () => {
  it.each(ROWS)('%s', (_what, purpose, recipient, field, person, reason) => {
    expect(decide(purpose, recipient, field, { ...STANDING, ...person })).toBe(reason);
  });
});

function restricted(...all: ConsentState[]): Partial<Standing> {
  return { status: 'RESTRICTED', consents: all };
}

function below(): Partial<Standing> {
  return consents(given('analytics.reporting.system', 1));
}
