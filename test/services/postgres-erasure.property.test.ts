import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Subject } from '../../src/services/connector.js';
import { PostgresErasure } from '../../src/services/postgres/erasure.js';
import type { Collection, ErasureAction, ErasureRule } from '../../src/services/service.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';

const rounds = Number(process.env.HABEAS_ROUNDS ?? 20);
const { signal } = new AbortController();

let database: TestDatabase;
let sql: postgres.Sql;
beforeAll(async () => {
  database = await emptyDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

interface Row {
  readonly table: number;
  /** One of the rows made before, whose owner is this row's too. */
  readonly parent: number;
  /** In years; kept ones go after five. */
  readonly age: number;
}

interface World {
  /** Table 0 is people; each other refers to one before it. */
  readonly parents: readonly number[];
  readonly actions: readonly ErasureAction[];
  readonly rows: readonly Row[];
  readonly held: number | null;
  readonly runs: number;
}

const worlds: fc.Arbitrary<World> = fc.integer({ min: 1, max: 4 }).chain((size) =>
  fc.record({
    parents: fc.tuple(...Array.from({ length: size }, (_, index) => fc.integer({ min: 0, max: index }))),
    actions: fc.array(fc.constantFrom<ErasureAction>('DELETE', 'ANONYMISE', 'MASK', 'KEEP'), {
      minLength: size,
      maxLength: size,
    }),
    rows: fc.array(
      fc.record({ table: fc.integer({ min: 1, max: size }), parent: fc.nat(50), age: fc.constantFrom(1, 9) }),
      { maxLength: 25 },
    ),
    held: fc.option(fc.integer({ min: 1, max: size }), { nil: null }),
    runs: fc.integer({ min: 1, max: 3 }),
  }),
);

interface Made {
  readonly table: number;
  readonly id: number;
  readonly owner: 'ada' | 'bob';
  readonly parent: Made | null;
  readonly age: number;
}

/** Rows of Ada and Bob: each has one as a person, others hang on rows of the table theirs refers to. */
function rowsOf({ parents, rows }: World): Made[] {
  const made: Made[] = [
    { table: 0, id: 1, owner: 'ada', parent: null, age: 1 },
    { table: 0, id: 2, owner: 'bob', parent: null, age: 1 },
  ];
  for (const { table, parent, age } of rows) {
    const possible = made.filter((each) => each.table === parents[table - 1]);
    const above = possible[parent % Math.max(1, possible.length)];
    if (above) made.push({ table, id: made.length + 1, owner: above.owner, parent: above, age });
  }
  return made;
}

async function build({ parents }: World, made: readonly Made[]): Promise<void> {
  await sql.unsafe('drop schema if exists world cascade; create schema world; set search_path to world');
  await sql.unsafe('create table t0 (id int primary key, email text not null)');
  for (const [index, parent] of parents.entries()) {
    await sql.unsafe(
      `create table t${index + 1} (id int primary key, parent int references t${parent}, made date, secret text)`,
    );
  }
  for (const { table, id, owner, parent, age } of made) {
    if (!parent) await sql.unsafe(`insert into t0 values (${id}, '${owner}@example.com')`);
    else {
      await sql.unsafe(
        `insert into t${table} values (${id}, ${parent.id}, now() - interval '${age} years', 'secret of ${owner}')`,
      );
    }
  }
}

/** `parent` is masked everywhere, so that what stays holds nothing that goes. */
function ruleOf(action: ErasureAction): ErasureRule {
  const mask = ['parent', 'secret'].map((name) => ({ field: name, with: 'null' as const, value: null }));
  const keeps = action === 'KEEP' ? { keepFor: 'P5Y', keepFrom: 'made', reason: 'r' } : {};
  return {
    action,
    keepFor: null,
    keepFrom: null,
    reason: null,
    legalGround: null,
    mask: action === 'DELETE' ? [] : mask,
    shared: 'keep',
    ...keeps,
  };
}

function collectionsOf({ parents }: World): Collection[] {
  const refers = (name: string) => [{ dataset: 'held', collection: name, field: 'id', direction: 'from' as const }];
  return [
    collection('t0', [field('id'), field('email', { identity: 'email' })]),
    ...parents.map((parent, index) =>
      collection(`t${index + 1}`, [
        field('id'),
        field('parent', { references: refers(`t${parent}`) }),
        field('made'),
        field('secret', { categories: ['user.name'] }),
      ]),
    ),
  ];
}

async function state({ parents }: World) {
  const tables = [0, ...parents.map((_, index) => index + 1)];
  const rows = await Promise.all(
    tables.map(async (table) =>
      (await sql.unsafe(`select to_jsonb(t) as row from t${table} t order by id`)).map(({ row }) => ({
        table,
        ...row,
      })),
    ),
  );
  return rows.flat() as { table: number; id: number; secret?: string | null; parent?: number | null }[];
}

const ADA: Subject = { accountId: 'ada', emails: ['ada@example.com'], phones: [] };

test('kept is exactly what rules and holds keep, others lose nothing, and often is the same as once', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const made = rowsOf(world);
      await build(world, made);
      const before = await state(world);
      const erasure = new PostgresErasure(
        service(
          { kind: 'postgres', url: database.url, schema: 'world' },
          {
            kind: 'POSTGRES',
            datasets: [dataset(collectionsOf(world))],
            erasure: new Map(world.actions.map((action, index) => [`t${index + 1}`, ruleOf(action)])),
          },
        ),
        Buffer.alloc(32),
      );
      try {
        const scope = { heldBack: world.held === null ? [] : [`t${world.held}`] };
        const plan = await erasure.plan(ADA, scope, signal);
        expect(await state(world)).toEqual(before);
        const outcome = await erasure.erase(ADA, { key: 'k', scope }, signal);
        expect(outcome).toEqual(plan);

        const holds = made.some(({ owner, table }) => owner === 'ada' && table === world.held);
        if (plan.refusals.length > 0) {
          // Rows under a hold refer to rows that would go: nothing else can be in the way.
          expect(holds).toBe(true);
          expect(await state(world)).toEqual(before);
          return;
        }
        const stays = ({ owner, table, age }: Made) => {
          const action = world.actions[table - 1] ?? 'DELETE';
          if (owner === 'bob' || table === world.held) return true;
          return action === 'KEEP' ? age < 5 : action !== 'DELETE';
        };
        const after = await state(world);
        expect(after.map(({ id }) => id).sort()).toEqual(
          made
            .filter(stays)
            .map(({ id }) => id)
            .sort(),
        );
        for (const row of after) {
          const was = made.find(({ id }) => id === row.id);
          const isTouched = was?.owner === 'ada' && row.table !== world.held && row.table !== 0;
          if (isTouched) expect(row).toMatchObject({ secret: null, parent: null });
          else expect(row).toEqual(before.find(({ id }) => id === row.id));
        }
        for (let run = 1; run < world.runs; run++) {
          const again = await erasure.erase(ADA, { key: 'k', scope }, signal);
          expect(again.items.filter(({ action }) => action !== 'KEEP')).toEqual([]);
        }
        expect(await state(world)).toEqual(after);
      } finally {
        await erasure.close();
      }
    }),
    { numRuns: rounds },
  );
}, 240_000);
