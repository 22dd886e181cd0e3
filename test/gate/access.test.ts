import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HabeasError } from '../../src/errors.js';
import { type Audience, belongsTo, mayReadAccount, refusal, requireWrite } from '../../src/gate/access.js';
import { ANONYMOUS, actorOf, type Caller, type ServiceCaller, type StaffRole } from '../../src/gate/caller.js';

const AUDIENCES: readonly Audience[] = ['anyone', 'known', 'subject', 'owner', 'client', 'recipient', 'dps', 'support'];

const person = (accountId: string | null): Caller => ({
  kind: 'SUBJECT',
  accountId,
  login: { issuer: 'https://login.example', subject: 'someone' },
  verifiedEmail: null,
});
const client = (rest: Partial<ServiceCaller> = {}): ServiceCaller => ({
  kind: 'SERVICE',
  clientId: 'c',
  name: 'audit-tool',
  affiliation: 'AFFILIATED',
  purposes: ['essential.service', 'functional.service.improve'],
  purpose: 'essential.service',
  ...rest,
});
const staff = (...roles: StaffRole[]): Caller => ({ kind: 'STAFF', staffId: 's', roles });

const callers = fc.oneof(
  fc.constant<Caller>(ANONYMOUS),
  fc.option(fc.constantFrom('a', 'b')).map(person),
  fc
    .record({
      affiliation: fc.constantFrom('AFFILIATED' as const, 'EXTERNAL' as const),
      purpose: fc.option(fc.constantFrom('essential.service', 'marketing')),
    })
    .map(client),
  fc.subarray<StaffRole>(['dps', 'support']).map((roles) => staff(...roles)),
);
const owners = fc.option(fc.constantFrom('a', 'b'));

describe('Who belongs to an audience', () => {
  test.each<[string, Caller, string | null, readonly Audience[]]>([
    ['nobody', ANONYMOUS, 'a', ['anyone']],
    ['the owner', person('a'), 'a', ['anyone', 'known', 'subject', 'owner']],
    ['another person', person('b'), 'a', ['anyone', 'known', 'subject']],
    ['a person without an account', person(null), 'a', ['anyone', 'known', 'subject']],
    ['a person without an account, of what has no owner', person(null), null, ['anyone', 'known', 'subject']],
    ['a service with a purpose', client(), 'a', ['anyone', 'known', 'client', 'recipient']],
    ['a service without a purpose', client({ purpose: null }), 'a', ['anyone', 'known']],
    ['a partner with a purpose', client({ affiliation: 'EXTERNAL' }), 'a', ['anyone', 'known', 'recipient']],
    ['the specialist', staff('dps'), 'a', ['anyone', 'known', 'dps']],
    ['support', staff('support'), 'a', ['anyone', 'known', 'support']],
    ['staff with both roles', staff('dps', 'support'), 'a', ['anyone', 'known', 'dps', 'support']],
    ['staff without a role', staff(), 'a', ['anyone', 'known']],
  ])('%s', (_who, caller, owner, expected) => {
    expect(AUDIENCES.filter((audience) => belongsTo(caller, audience, owner))).toEqual(expected);
  });

  test('a caller is of one kind: never a person and a client, never a client and staff', () => {
    fc.assert(
      fc.property(callers, owners, (caller, owner) => {
        const kinds = [
          ['subject', 'owner'],
          ['client', 'recipient'],
          ['dps', 'support'],
        ] as const;
        expect(kinds.filter((kind) => kind.some((each) => belongsTo(caller, each, owner))).length).toBeLessThan(2);
      }),
    );
  });

  test('who owns a thing is somebody: what has no owner has none', () => {
    fc.assert(
      fc.property(callers, (caller) => {
        expect(belongsTo(caller, 'owner', null)).toBe(false);
      }),
    );
  });

  test('taking a purpose, a role or the affiliation away adds no audience (P10)', () => {
    const less = (caller: Caller): Caller[] => {
      if (caller.kind === 'SERVICE')
        return [client({ ...caller, purpose: null }), client({ ...caller, affiliation: 'EXTERNAL' })];
      if (caller.kind === 'STAFF')
        return caller.roles.map((gone) => staff(...caller.roles.filter((role) => role !== gone)));
      return caller.kind === 'SUBJECT' ? [person(null), ANONYMOUS] : [];
    };
    fc.assert(
      fc.property(callers, owners, (caller, owner) => {
        for (const weaker of less(caller)) {
          for (const audience of AUDIENCES) {
            if (belongsTo(weaker, audience, owner)) expect(belongsTo(caller, audience, owner)).toBe(true);
          }
        }
      }),
    );
  });
});

describe('Who may know of a person', () => {
  test('the person, staff with a role, and services with a purpose', () => {
    const may = (caller: Caller) => mayReadAccount(caller, 'a');
    const known = [person('a'), staff('dps'), staff('support'), client(), client({ affiliation: 'EXTERNAL' })];
    expect(known.map(may)).toEqual(known.map(() => true));
    const strangers = [ANONYMOUS, person('b'), person(null), staff(), client({ purpose: null })];
    expect(strangers.map(may)).toEqual(strangers.map(() => false));
  });
});

describe('Who may change shared account data', () => {
  const told = (caller: Caller, accountId: string | null) => {
    try {
      requireWrite(caller, accountId);
      return 'allowed';
    } catch (error) {
      return error instanceof HabeasError ? error.code : error;
    }
  };

  test('a service for essential.service alone', () => {
    expect(told(client(), 'a')).toBe('allowed');
    expect(told(client(), null)).toBe('allowed');
    expect(told(client({ purpose: 'functional.service.improve' }), 'a')).toBe('PURPOSE_NOT_PERMITTED');
    expect(told(client({ purpose: 'essential' }), 'a')).toBe('PURPOSE_NOT_PERMITTED');
    expect(told(client({ purpose: null }), null)).toBe('PURPOSE_NOT_PERMITTED');
  });

  test('people and staff are ruled by whom they may reach', () => {
    expect([person('a'), staff('dps')].map((caller) => told(caller, 'a'))).toEqual(['allowed', 'allowed']);
  });
});

describe('A refusal', () => {
  test.each<[string, Caller, readonly Audience[], string, RegExp]>([
    ['nobody', ANONYMOUS, ['owner'], 'UNAUTHENTICATED', /^Say who is calling/],
    [
      'a service that named no purpose',
      client({ purpose: null }),
      ['client'],
      'PURPOSE_NOT_PERMITTED',
      /"x-purpose": essential\.service, functional\.service\.improve\.$/,
    ],
    [
      'a service that has no purpose',
      client({ purpose: null, purposes: [] }),
      ['client'],
      'PURPOSE_NOT_PERMITTED',
      /have one registered first/,
    ],
    ['a partner', client({ affiliation: 'EXTERNAL' }), ['client'], 'FORBIDDEN', /affiliated services/],
    [
      'a service where services have no business',
      client(),
      ['dps', 'support'],
      'FORBIDDEN',
      /is for the Data Protection Specialist and support staff\.$/,
    ],
    [
      'a person where staff are meant',
      person('a'),
      ['dps'],
      'FORBIDDEN',
      /^Query\.x is for the Data Protection Specialist\.$/,
    ],
  ])('of %s says what would help', (_who, caller, audiences, code, says) => {
    const error = refusal(caller, 'Query.x', audiences);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(says);
  });
});

test('Nobody is named by name in a history', () => {
  const named = [ANONYMOUS, person('a'), client(), staff('dps', 'support')].map(actorOf);
  expect(named).toEqual(['anonymous', 'data subject', 'service audit-tool', 'staff (dps, support)']);
});
