import { describe, expect, it } from 'vitest';
import { checkRegistration } from '../../src/clients/registration.js';
import { HabeasError } from '../../src/errors.js';
import { belongsTo } from '../../src/gate/access.js';
import { decide } from '../../src/gate/decide.js';
import { ACCESS_RULES } from '../../src/graph/access-rules.js';
import { ALL_CHANNELS } from '../../src/marketing/channels.js';
import { requireMarketer } from '../../src/marketing/marketer.js';
import { declaredPurposes, isMarketing } from '../../src/services/purposes.js';
import type { LawfulBasis } from '../../src/services/service.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { client, type Declared, GOVERNED, plain, purposeGraph, verdictOf } from '../graph/purpose-graph.js';

const USES = taxonomy.keys('data_use').filter(isMarketing);
const BASES: readonly LawfulBasis[] = [
  'CONSENT',
  'CONTRACT',
  'LEGAL_OBLIGATION',
  'VITAL_INTERESTS',
  'PUBLIC_TASK',
  'LEGITIMATE_INTERESTS',
];

describe('P31 Nothing goes outside for marketing, for any use of it', () => {
  it('at registration', () => {
    const registration = { name: 'ads', affiliation: 'EXTERNAL', country: 'GB', transferSafeguard: null } as const;
    expect(USES.length).toBeGreaterThan(10);
    for (const use of USES) {
      expect(() => checkRegistration({ ...registration, purposes: [use] }, taxonomy), use).toThrow('is marketing');
    }
  });

  it('at validation, were a client registered for it and every field declared for it', () => {
    for (const use of USES) {
      const graph = purposeGraph(Object.fromEntries(GOVERNED.map((name) => [name, [use]])) as unknown as Declared);
      const outside = client(use, { affiliation: 'EXTERNAL' });
      for (const name of GOVERNED) {
        expect(verdictOf(graph, outside, plain(name)), `${use}: ${name}`).toMatchObject({
          code: 'PURPOSE_NOT_PERMITTED',
        });
        expect(verdictOf(graph, client(use), plain(name))).toBe('allowed');
      }
    }
  });

  it('at run time, with the person’s consent to all of it, whatever it rests on', () => {
    const consent = { purpose: 'marketing', status: 'GIVEN', since: 1, categories: null } as const;
    const person = { accountId: 'a', status: 'ACTIVE', epoch: '1', consents: [consent], objections: [] } as const;
    const field = { category: 'user.contact.email', fromExternalService: false };
    for (const key of USES) {
      for (const basis of BASES) {
        const purpose = { key, basis, marketing: declared(key) };
        expect(decide(purpose, 'EXTERNAL', field, person), key).toBe('EXTERNAL_RECIPIENT');
        expect(decide(purpose, 'AFFILIATED', field, person), key).toBeNull();
      }
    }
  });
});

describe('P31 whom marketing may reach is told to nobody outside', () => {
  const outside = { kind: 'SERVICE', clientId: 'c', name: 'ads', affiliation: 'EXTERNAL', purposes: USES } as const;

  it('for any use of marketing, by any channel, were a client registered for it', () => {
    for (const purpose of [...USES, null]) {
      for (const channel of ALL_CHANNELS) {
        expect(() => requireMarketer({ ...outside, purpose }, channel), `${purpose} ${channel}`).toThrow(HabeasError);
      }
    }
  });

  it('by any way there is in the graph: none of them is for recipients outside', () => {
    const ways = Object.entries(ACCESS_RULES).filter(([coordinate]) => MARKETING_WAYS.test(coordinate));
    expect(ways).toHaveLength(10);
    for (const [coordinate, audiences] of ways) {
      if (audiences === 'as parent') throw new Error(`${coordinate} has no rule of its own`);
      for (const purpose of [...USES, null]) {
        const isIn = audiences.some((audience) => belongsTo({ ...outside, purpose }, audience, 'a'));
        expect(isIn, `${coordinate} for ${purpose}`).toBe(false);
      }
    }
  });

  it('and to our own services for that channel’s use of data alone', () => {
    const own = { ...outside, affiliation: 'AFFILIATED' } as const;
    const told = (purpose: string) => {
      try {
        requireMarketer({ ...own, purpose }, 'EMAIL');
        return true;
      } catch {
        return false;
      }
    };
    expect(taxonomy.keys('data_use').filter(told)).toEqual([
      'marketing',
      'marketing.communications',
      'marketing.communications.email',
    ]);
  });
});

const MARKETING_WAYS =
  /^(Query\.(mayContact|mayContactMany|contactable|isSuppressed)|Mutation\.(updateMarketingPreferences|suppress|recordSoftOptIn)|Subscription\.contactable|Account\.marketing(Preferences|History))$/;

/** Whether a use is marketing, as the gate hears of it from the services that declare it. */
function declared(use: string): boolean {
  const declaration = {
    name: null,
    dataUse: use,
    dataCategories: [],
    dataSubjects: [],
    lawfulBasis: null,
    retentionPeriod: null,
    thirdParties: null,
  };
  const [purpose] = declaredPurposes([
    { declarations: [declaration] } as unknown as Parameters<typeof declaredPurposes>[0][0],
  ]);
  return purpose?.marketing ?? false;
}
