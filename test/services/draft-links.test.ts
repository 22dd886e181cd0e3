import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessCategory, isSecret } from '../../src/services/draft/categories.js';
import { guessLinks } from '../../src/services/draft/guessed-links.js';
import { guessIdentity } from '../../src/services/draft/identities.js';
import { type Link, planWalk } from '../../src/services/draft/links.js';
import { referenceGraph } from '../../src/services/reference-graph.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { collection, dataset, field } from '../support/services/manifests.js';

/** `orders.customer_id → customers` as a link; `!` behind the column: unique. */
function link(text: string): Link {
  const [, table = '', column = '', unique, toTable = ''] = /^(\w+)\.(\w+)(!)? → (\w+)$/.exec(text) ?? [];
  return { table, column, toTable, toColumn: 'id', unique: unique !== undefined, guessed: false };
}

const walk = (identified: readonly string[], ...links: readonly string[]) => {
  const { turns, reached } = planWalk(new Set(identified), links.map(link));
  return {
    ...Object.fromEntries(turns.map(({ link: one, direction }) => [`${one.table}.${one.column}`, direction])),
    reached: [...reached].sort().join(' '),
  };
};

describe('The way a draft takes from a person to rows', () => {
  it('goes from a person to what is theirs, and on to what that refers to', () => {
    const found = walk(
      ['customers'],
      'orders.customer_id → customers',
      'items.order_id → orders',
      'items.product_id → products',
    );
    expect(found).toEqual({
      'orders.customer_id': 'from',
      'items.order_id': 'from',
      'items.product_id': 'to',
      reached: 'customers items orders products',
    });
  });

  it('never comes back from what is shared to rows of other people', () => {
    const found = walk(
      ['members'],
      'members.school_id → schools',
      'invoices.school_id → schools',
      'schools.town_id → towns',
    );
    expect(found).toEqual({
      'members.school_id': 'to',
      'invoices.school_id': null,
      'schools.town_id': 'to',
      reached: 'members schools towns',
    });
  });

  it('gives a comment to its author and not to those it is about', () => {
    const found = walk(
      ['members'],
      'audits.lead_id → members',
      'comments.audit_id → audits',
      'comments.author_id → members',
    );
    expect(found).toMatchObject({ 'comments.author_id': 'from', 'comments.audit_id': null });
  });

  it('takes what a row refers to for the person’s own where nobody else can refer to it', () => {
    const found = walk(['users'], 'users.person_id! → persons', 'orders.person_id → persons');
    expect(found).toMatchObject({ 'users.person_id': 'to', 'orders.person_id': 'from' });
    expect(walk(['users'], 'users.person_id → persons', 'orders.person_id → persons')).toMatchObject({
      'users.person_id': 'to',
      'orders.person_id': null,
    });
  });

  it('follows who dealt with a row only where nothing else leads to it', () => {
    const found = walk(
      ['customers', 'employees'],
      'tickets.customer_id → customers',
      'tickets.assigned_to → employees',
      'documents.created_by → employees',
      'customers.manager_id → employees',
    );
    expect(found).toMatchObject({
      'tickets.customer_id': 'from',
      'tickets.assigned_to': null,
      'documents.created_by': 'from',
      'customers.manager_id': null,
    });
  });

  it('reaches exactly the tables it says, without a cycle, whatever the links', () => {
    const table = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const column = fc.constantFrom('one_id', 'two_id', 'three_id', 'created_by');
    const links = fc.uniqueArray(
      fc.record({
        table,
        column,
        toTable: table,
        toColumn: fc.constant('id'),
        unique: fc.boolean(),
        guessed: fc.boolean(),
      }),
      { selector: (one) => `${one.table}.${one.column}`, maxLength: 15 },
    );
    fc.assert(
      fc.property(fc.uniqueArray(table), links, (identified, given) => {
        const { turns, reached } = planWalk(new Set(identified), given);
        const collections = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
          collection(name, [
            field('id', { identity: identified.some((one) => one === name) ? 'email' : null }),
            ...turns.flatMap(({ link: { table: of, column: by, toTable }, direction }) =>
              of === name && direction !== null
                ? [field(by, { references: [{ dataset: 'held', collection: toTable, field: 'id', direction }] })]
                : [],
            ),
          ]),
        );
        const graph = referenceGraph([dataset(collections)]);
        expect(graph.steps.map(({ collection: one }) => one.name).sort()).toEqual([...reached].sort());
        expect(graph.cuts).toEqual([]);
        const alone = new Set(turns.filter(({ reason }) => reason === 'shared').map((turn) => turn.link.toTable));
        expect(turns.filter(({ link: one, direction }) => direction === 'from' && alone.has(one.toTable))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('What a draft guesses from names', () => {
  const clues = { dataType: 'string', ofPerson: false, inAddress: false, isKey: false };

  it.each([
    ['email', 'user.contact.email'],
    ['alt_email', 'user.contact.email'],
    ['given_name', 'user.name.first'],
    ['surname', 'user.name.last'],
    ['dob', 'user.demographic.date_of_birth'],
    ['billing_postcode', 'user.contact.address.postal_code'],
    ['ip', 'user.device.ip_address'],
    ['external_id', 'user.unique_id'],
    ['body', 'user.content'],
    ['allergies', 'user.health_and_medical'],
    ['status', null],
    ['tier', null],
  ])('%s is %s', (name, category) => {
    expect(guessCategory({ ...clues, name })).toBe(category);
    if (category !== null) expect(taxonomy.has('data_category', category)).toBe(true);
  });

  it('takes a name for a person’s where the record is about one, and a state for a county in an address', () => {
    expect(guessCategory({ ...clues, name: 'name' })).toBeNull();
    expect(guessCategory({ ...clues, name: 'name', ofPerson: true })).toBe('user.name');
    expect(guessCategory({ ...clues, name: 'state' })).toBeNull();
    expect(guessCategory({ ...clues, name: 'state', inAddress: true })).toBe('user.contact.address.state');
  });

  it('takes a time for operational and a flag for neither a phone nor a time', () => {
    expect(guessCategory({ ...clues, name: 'opened_at', dataType: 'datetime' })).toBe('system.operations');
    expect(guessCategory({ ...clues, name: 'opened_at', dataType: 'boolean' })).toBeNull();
    expect(guessCategory({ ...clues, name: 'by_phone', dataType: 'boolean' })).toBeNull();
  });

  it.each([
    ['customers', 'email', 'email'],
    ['orders', 'customer_email', 'email'],
    ['orders', 'manager_email', null],
    ['schools', 'email', null],
    ['customers', 'mobile', 'phone_number'],
    ['customers', 'external_id', 'external_id'],
    ['products', 'external_id', null],
    ['orders', 'customer_ref', 'external_id'],
  ])('%s.%s identifies by %s', (table, name, identity) => {
    expect(guessIdentity(table, { name, dataType: 'string' }, [])).toBe(identity);
    expect(guessIdentity(table, { name, dataType: 'boolean' }, [])).toBeNull();
  });

  it('knows a secret, and what only sounds like one', () => {
    expect(['password_hash', 'totp_secret', 'reset_token', 'api_key'].filter(isSecret)).toHaveLength(4);
    expect(['secretary', 'passport', 'tokenised', 'key'].filter(isSecret)).toEqual([]);
  });

  it('finds the table a column’s name leads to, by its longest ending', () => {
    const table = (name: string, ...columns: string[]) => ({
      name,
      words: name,
      columns: columns.map((column) => ({ name: column, words: column })),
      key: 'id',
    });
    const tables = [
      table('addresses', 'id'),
      table('categories', 'id', 'category_id'),
      table('payment_card', 'id', 'billing_address_id', 'known_id'),
      table('card', 'id', 'payment_card_id', 'colour_id'),
      table('known', 'id'),
    ];
    const found = guessLinks(tables, [{ table: 'payment_card', column: 'known_id' }]);
    expect(found.map(({ table: from, column, toTable }) => `${from}.${column} → ${toTable}`)).toEqual([
      'payment_card.billing_address_id → addresses',
      'card.payment_card_id → payment_card',
    ]);
  });
});
