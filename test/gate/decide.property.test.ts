import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type FieldClass, type ReadPurpose } from '../../src/gate/decide.js';
import type { ConsentState, Standing } from '../../src/gate/standing.js';
import type { Affiliation, LawfulBasis } from '../../src/services/service.js';
import { covers } from '../../src/services/taxonomy.js';

const RUNS = { numRuns: Number(process.env.HABEAS_ROUNDS ?? 1_000) };

const USES = ['m', 'm.a', 'm.a.x', 'm.b', 'e', 'e.a', 'e.a.x', 'ma'];
const BASES: readonly LawfulBasis[] = [
  'CONSENT',
  'CONTRACT',
  'LEGAL_OBLIGATION',
  'VITAL_INTERESTS',
  'PUBLIC_TASK',
  'LEGITIMATE_INTERESTS',
];
const CATEGORIES = ['u', 'u.a', 'u.a.x', 'u.b'];

const use = fc.constantFrom(...USES);
const since = fc.integer({ min: 0, max: 6 });
const purpose: fc.Arbitrary<ReadPurpose> = fc.record({
  key: use,
  basis: fc.constantFrom(...BASES),
  marketing: fc.boolean(),
});
const recipient = fc.constantFrom<Affiliation>('AFFILIATED', 'EXTERNAL');
const field: fc.Arbitrary<FieldClass> = fc.record({
  category: fc.option(fc.constantFrom(...CATEGORIES)),
  fromExternalService: fc.boolean(),
});
const consent: fc.Arbitrary<ConsentState> = fc.record({
  purpose: use,
  status: fc.constantFrom('GIVEN', 'WITHDRAWN', 'EXPIRED', 'NEEDS_RENEWAL'),
  since,
  categories: fc.option(fc.subarray(CATEGORIES)),
});
const standing: fc.Arbitrary<Standing> = fc.record({
  accountId: fc.constant('a'),
  status: fc.constantFrom('ACTIVE', 'ACTIVE', 'RESTRICTED', 'ERASING', 'ERASED'),
  epoch: fc.constant('1'),
  consents: fc.uniqueArray(consent, { selector: (each) => each.purpose }),
  objections: fc.uniqueArray(use),
});

type Case = [ReadPurpose, Affiliation, FieldClass, Standing];

const always = (check: (...one: Case) => void) =>
  fc.assert(fc.property(purpose, recipient, field, standing, check), RUNS);

describe('Whatever a person’s standing', () => {
  it('Art7(3) a withdrawal is never weaker than a grant before it', () => {
    fc.assert(
      fc.property(purpose, recipient, field, standing, fc.nat(), (asked, to, what, before, pick) => {
        const above = USES.filter((each) => covers(each, asked.key));
        const withdrawn = above[pick % above.length] ?? asked.key;
        const others = before.consents.filter((each) => each.purpose !== withdrawn);
        const latest = Math.max(0, ...others.map((each) => each.since));
        const ending = { purpose: withdrawn, status: 'WITHDRAWN', since: latest, categories: null } as const;
        const after = { ...before, consents: [...others, ending] };
        const needsConsent = asked.basis === 'CONSENT' || to === 'EXTERNAL' || what.fromExternalService;
        if (needsConsent) expect(decide(asked, to, what, after)).not.toBeNull();
      }),
      RUNS,
    );
  });

  it('Art7(3), Art21 a further withdrawal or objection never turns a refusal into a permission', () => {
    fc.assert(
      fc.property(purpose, recipient, field, standing, use, since, (asked, to, what, before, added, at) => {
        if (decide(asked, to, what, before) === null) return;
        const ending = { purpose: added, status: 'WITHDRAWN', since: at, categories: null } as const;
        const others = before.consents.filter((each) => each.purpose !== added);
        const beside = { ...before, consents: [...before.consents, ending] };
        // What takes the place of an earlier word comes no earlier than it.
        const replaced = before.consents.find((each) => each.purpose === added)?.since ?? 0;
        const later = { ...ending, since: Math.max(at, replaced) };
        const instead = { ...before, consents: [...others, later] };
        const objecting = { ...before, objections: [...before.objections, added] };
        for (const after of [beside, instead, objecting]) expect(decide(asked, to, what, after)).not.toBeNull();
      }),
      RUNS,
    );
  });

  it('P31 nobody outside reads for marketing', () => {
    always((asked, to, what, person) => {
      if (asked.marketing && to === 'EXTERNAL') expect(decide(asked, to, what, person)).not.toBeNull();
    });
  });

  it('P16 nobody outside reads without a live consent that names the category', () => {
    always((asked, to, what, person) => {
      if (to !== 'EXTERNAL' || decide(asked, to, what, person) !== null) return;
      const naming = person.consents.filter(
        ({ status, purpose: to, categories }) =>
          status === 'GIVEN' &&
          covers(to, asked.key) &&
          (categories === null || categories.some((each) => what.category !== null && covers(each, what.category))),
      );
      expect(naming).not.toHaveLength(0);
    });
  });

  it('Art17 nothing is read of somebody erased or being erased', () => {
    always((asked, to, what, person) => {
      if (person.status === 'ERASED' || person.status === 'ERASING')
        expect(decide(asked, to, what, person)).toBe('ERASED');
    });
  });

  it('Art18 a restricted account is read for consent, the law and vital interests only', () => {
    always((asked, to, what, person) => {
      const opens = ['CONSENT', 'LEGAL_OBLIGATION', 'VITAL_INTERESTS'].includes(asked.basis);
      if (person.status === 'RESTRICTED' && !opens) expect(decide(asked, to, what, person)).not.toBeNull();
    });
  });

  it('Art21 who has objected is not read of', () => {
    always((asked, to, what, person) => {
      const open = asked.marketing || ['LEGITIMATE_INTERESTS', 'PUBLIC_TASK'].includes(asked.basis);
      const objected = person.objections.some((each) => covers(each, asked.key));
      if (open && objected) expect(decide(asked, to, what, person)).not.toBeNull();
    });
  });

  it('somebody outside, or restricting an account, never reads more', () => {
    always((asked, to, what, person) => {
      if (decide(asked, to, what, person) !== null) return;
      expect(decide(asked, 'AFFILIATED', what, person)).toBeNull();
      if (person.status === 'RESTRICTED') expect(decide(asked, to, what, { ...person, status: 'ACTIVE' })).toBeNull();
    });
  });
});
