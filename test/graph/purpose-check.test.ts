import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ANONYMOUS, type Caller } from '../../src/gate/caller.js';
import {
  asked,
  client,
  type Declared,
  GOVERNED,
  type Governed,
  plain,
  purposeGraph,
  verdictOf,
  WAYS,
  wrapped,
} from './purpose-graph.js';

const USES = [
  'essential',
  'essential.service',
  'essential.service.operations',
  'functional.service',
  'functional.service.improve',
  'marketing',
  'marketing.communications.email',
  'analytics.reporting',
] as const;

const uses = fc.constantFrom(...USES);
const declarations = fc.record(
  Object.fromEntries(GOVERNED.map((name) => [name, fc.subarray([...USES], { maxLength: 3 })])),
) as fc.Arbitrary<Declared>;
const some = fc.subarray(GOVERNED, { minLength: 1 });
const RUNS = { numRuns: Number(process.env.HABEAS_ROUNDS ?? 60), seed: 20_261_124 };

/** A use covers itself and what lies below it. */
const covers = (declared: string, use: string) => use === declared || use.startsWith(`${declared}.`);
const allowed = (declared: Declared, name: Governed, use: string) => declared[name].some((each) => covers(each, use));

const everything = Object.fromEntries(GOVERNED.map((name) => [name, ['essential.service']])) as unknown as Declared;
const graph = purposeGraph(everything);

describe('A field of personal data', () => {
  test('is read for a purpose if, and only if, a declared one covers it', () => {
    fc.assert(
      fc.property(declarations, uses, (declared, use) => {
        const built = purposeGraph(declared);
        for (const name of GOVERNED) {
          const verdict = verdictOf(built, client(use), plain(name));
          if (allowed(declared, name, use)) expect(verdict).toBe('allowed');
          else expect(verdict).toEqual({ code: 'PURPOSE_NOT_PERMITTED', fields: [name] });
        }
      }),
      RUNS,
    );
  });

  test('is read no more when a declared purpose is taken away (P10)', () => {
    fc.assert(
      fc.property(declarations, uses, uses, (declared, use, gone) => {
        const fewer = Object.fromEntries(
          GOVERNED.map((name) => [name, declared[name].filter((each) => each !== gone)]),
        ) as unknown as Declared;
        const [before, after] = [purposeGraph(declared), purposeGraph(fewer)];
        const questions = [
          ...GOVERNED.map(plain),
          wrapped(['account(id: 1)', 'shop', 'orders', 'totalCount']),
          wrapped(['latestOrder', 'id']),
        ];
        for (const question of questions) {
          if (verdictOf(before, client(use), question) !== 'allowed') {
            expect(verdictOf(after, client(use), question)).not.toBe('allowed');
          }
        }
      }),
      RUNS,
    );
  });

  test('stands under one verdict however the question is written', () => {
    fc.assert(
      fc.property(
        declarations,
        uses,
        some,
        fc.array(fc.nat(2), { minLength: 24, maxLength: 24 }),
        (declared, use, names, shapes) => {
          const built = purposeGraph(declared);
          const straight = verdictOf(
            built,
            client(use),
            `{ ${names.map((name) => plain(name).slice(1, -1)).join(' ')} }`,
          );
          expect(verdictOf(built, client(use), rewritten(names, shapes))).toEqual(straight);
        },
      ),
      RUNS,
    );
  });

  /** The same fields behind aliases, inline fragments and fragments of their own. */
  function rewritten(names: readonly Governed[], shapes: readonly number[]): string {
    const fragments: string[] = [];
    let drawn = 0;
    const types = {
      profile: 'Account',
      shop: 'Account',
      name: 'Profile',
      since: 'Shop',
      favourite: 'Shop',
      orders: 'Shop',
      payment: 'Shop',
      nodes: 'Orders',
      price: 'Order',
      note: 'Order',
    } as const;
    const write = (step: string, inside: string): string => {
      const isSpread = step.startsWith('...');
      const text = `${isSpread || drawn % 3 ? step : `x${drawn}: ${step}`}${inside && ` { ${inside} }`}`;
      const shape = shapes[drawn % shapes.length];
      drawn += 1;
      const type = Object.entries(types).find(([name]) => name === step)?.[1];
      if (shape === 0 || !type) return text;
      if (shape === 1) return `... on ${type} { ${text} }`;
      fragments.push(`fragment F${fragments.length} on ${type} { ${text} }`);
      return `...F${fragments.length - 1}`;
    };
    const roots = names.map((name) =>
      ['account(id: 1)', ...WAYS[name]].reduceRight((inside, step) => write(step, inside), ''),
    );
    return [`query { ... { ${roots.join(' ')} } }`, ...fragments].join('\n');
  }

  test('is read by no service that names no purpose, and by nobody else’s', () => {
    for (const name of GOVERNED) {
      expect(verdictOf(graph, client('essential.service'), plain(name))).toBe('allowed');
      expect(verdictOf(graph, client(null), plain(name))).toEqual({ code: 'PURPOSE_NOT_PERMITTED', fields: [name] });
      const partner = client('essential.service', { affiliation: 'EXTERNAL' });
      expect(verdictOf(graph, partner, plain(name))).toBe('allowed');
      expect(verdictOf(graph, ANONYMOUS, plain(name))).toEqual({ code: 'UNAUTHENTICATED', fields: [name] });
    }
  });

  test('P31 goes to nobody outside for marketing, whatever is registered and declared', () => {
    for (const purpose of ['marketing', 'marketing.advertising.first_party']) {
      const partner = client(purpose, { affiliation: 'EXTERNAL' });
      for (const name of GOVERNED) {
        expect(verdictOf(graph, partner, plain(name))).toEqual({ code: 'PURPOSE_NOT_PERMITTED', fields: [name] });
      }
    }
  });

  test('is read by a service below an account only, where it is known whose it is', () => {
    expect(verdictOf(graph, client('essential.service'), '{ newest { note } }')).toEqual({
      code: 'PURPOSE_NOT_PERMITTED',
      fields: ['Order.note'],
    });
    expect(verdictOf(graph, staff, '{ newest { note } }')).toBe('allowed');
  });

  test('behind an interface is ruled as it is itself', () => {
    const question = '{ newest { note } }';
    expect(verdictOf(graph, client('marketing'), question)).toEqual({
      code: 'PURPOSE_NOT_PERMITTED',
      fields: ['Order.note'],
    });
    expect(verdictOf(graph, person, question)).toEqual({ code: 'FORBIDDEN', fields: ['Order.note'] });
  });

  test('that nobody classified is read by no service, and by the person', () => {
    const question = wrapped(['account(id: 1)', 'shop', 'unclassified']);
    expect(verdictOf(graph, client('essential.service'), question)).toEqual({
      code: 'PURPOSE_NOT_PERMITTED',
      fields: ['Shop.unclassified'],
    });
    expect(verdictOf(graph, person, question)).toBe('allowed');
  });

  test('that nobody classified is read by anybody where that is allowed, and nothing else is', () => {
    const open = purposeGraph(everything, 'allow');
    const unclassified = wrapped(['account(id: 1)', 'shop', 'unclassified']);
    const counted = wrapped(['account(id: 1)', 'shop', 'orders', 'totalCount']);
    for (const caller of [ANONYMOUS, client(null), client('marketing'), person, staff]) {
      expect(verdictOf(open, caller, unclassified)).toBe('allowed');
      expect(verdictOf(open, caller, counted)).toBe('allowed');
    }
    expect(verdictOf(open, ANONYMOUS, plain('Shop.since'))).toEqual({
      code: 'UNAUTHENTICATED',
      fields: ['Shop.since'],
    });
    expect(verdictOf(open, client(null), plain('Shop.since'))).toMatchObject({ code: 'PURPOSE_NOT_PERMITTED' });
  });
});

const person: Caller = {
  kind: 'SUBJECT',
  accountId: '1',
  login: { issuer: 'https://login.example', subject: 'someone' },
  verifiedEmail: null,
};
const staff: Caller = { kind: 'STAFF', staffId: 's', roles: ['dps'] };

describe('What is not personal itself', () => {
  test.each([
    ['that there are orders', ['account(id: 1)', 'shop', 'orders', '__typename']],
    ['how many orders there are', ['account(id: 1)', 'shop', 'orders', 'totalCount']],
    ['the number of an order', ['account(id: 1)', 'shop', 'orders', 'nodes', 'id']],
    ['that there is a payment', ['account(id: 1)', 'shop', 'payment', '__typename']],
  ])('but tells of it is told for its purposes alone: %s', (_what, steps) => {
    expect(verdictOf(graph, client('essential.service'), wrapped(steps))).toBe('allowed');
    expect(verdictOf(graph, client('marketing'), wrapped(steps))).toMatchObject({ code: 'PURPOSE_NOT_PERMITTED' });
    expect(verdictOf(graph, person, wrapped(steps))).toBe('allowed');
  });

  test('is told where a purpose may read something of what it tells of', () => {
    const other = purposeGraph({ ...everything, 'Order.price': ['marketing'] });
    expect(verdictOf(other, client('marketing'), wrapped(['account(id: 1)', 'shop', 'orders', 'totalCount']))).toBe(
      'allowed',
    );
    expect(
      verdictOf(other, client('marketing'), wrapped(['account(id: 1)', 'shop', 'payment', '__typename'])),
    ).toMatchObject({ code: 'PURPOSE_NOT_PERMITTED', fields: ['Shop.payment'] });
  });

  test('and leads to nothing personal is told for any purpose', () => {
    for (const use of USES)
      expect(verdictOf(graph, client(use), '{ products { title price } account(id: 1) { id } }')).toBe('allowed');
  });
});

describe('A person', () => {
  test('reads below their own account, and nobody’s by way of a service', () => {
    for (const name of GOVERNED) expect(verdictOf(graph, person, plain(name))).toBe('allowed');
    expect(verdictOf(graph, person, '{ latestOrder { note } }')).toEqual({ code: 'FORBIDDEN', fields: ['Order.note'] });
    expect(
      verdictOf(graph, person, '{ account(id: 1) { shop { orders { nodes { buyer { profile { name } } } } } } }'),
    ).toEqual({ code: 'FORBIDDEN', fields: ['Profile.name'] });
    const hidden =
      '{ account(id: 1) { shop { orders { nodes { ...O } } } } } fragment O on Order { buyer { ...A } } fragment A on Account { profile { name } }';
    expect(verdictOf(graph, person, hidden)).toEqual({ code: 'FORBIDDEN', fields: ['Profile.name'] });
  });

  test('is not let through by a fragment that was harmless where it came first', () => {
    const question =
      '{ account(id: 1) { ...A shop { orders { nodes { buyer { ...A } } } } } } fragment A on Account { profile { name } }';
    expect(verdictOf(graph, person, question)).toEqual({ code: 'FORBIDDEN', fields: ['Profile.name'] });
  });
});

test('Staff are ruled by their role, not by a purpose', () => {
  for (const name of GOVERNED) expect(verdictOf(graph, staff, plain(name))).toBe('allowed');
});

test('What was asked for is told by field and service, for the record of reads', () => {
  expect(asked(graph, staff, plain('Order.note'))).toMatchObject({
    fields: { 'Order.note': 'user.content' },
    services: ['habeas', 'shop'],
    operation: null,
    document: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(asked(graph, staff, 'query Shelf { products { title } }')).toMatchObject({
    fields: {},
    services: ['shop'],
    operation: 'Shelf',
  });
});
