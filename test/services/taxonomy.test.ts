import { describe, expect, it } from 'vitest';
import { declaredPurposes, mayRead, purposesOf } from '../../src/services/purposes.js';
import type { LawfulBasis, PrivacyDeclaration } from '../../src/services/service.js';
import { covers, taxonomy } from '../../src/services/taxonomy.js';
import { service } from '../support/services/manifests.js';

const HTTP = { kind: 'http', url: 'http://localhost', audience: 'a', queryScope: 'q', deleteScope: 'd' } as const;

function declaring(...declared: readonly [use: string, categories: string[], basis: LawfulBasis | null][]) {
  const declarations = declared.map(
    ([dataUse, dataCategories, lawfulBasis]): PrivacyDeclaration => ({
      name: null,
      dataUse,
      dataCategories,
      dataSubjects: ['customer'],
      lawfulBasis,
      retentionPeriod: null,
      thirdParties: null,
    }),
  );
  return service(HTTP, { declarations });
}

describe('The taxonomy', () => {
  it('has every key of Fideslang, each with a title and a description', () => {
    const kinds = ['data_category', 'data_use', 'data_subject'] as const;
    expect(kinds.map((kind) => taxonomy.keys(kind).length)).toEqual([85, 56, 15]);
    for (const kind of kinds) {
      for (const key of taxonomy.keys(kind)) {
        const term = { data_category: taxonomy.category, data_use: taxonomy.use, data_subject: taxonomy.subject }[
          kind
        ].call(taxonomy, key);
        expect(term?.title, key).toMatch(/\S/);
        expect(term?.description, key).toMatch(/\.$/);
        const parent = key.split('.').slice(0, -1).join('.');
        expect(parent === '' || taxonomy.has(kind, parent), key).toBe(true);
      }
    }
  });

  it('covers by dotted segment, never by mere text', () => {
    expect(covers('user.name', 'user.name')).toBe(true);
    expect(covers('user.name', 'user.name.first')).toBe(true);
    expect(covers('user.name', 'user.name_x')).toBe(false);
    expect(covers('user.name.first', 'user.name')).toBe(false);
  });

  it('names the key that was meant', () => {
    expect(taxonomy.nearest('data_use', 'essential.servce')).toBe('essential.service');
    expect(taxonomy.nearest('data_category', 'user.contact.e_mail')).toBe('user.contact.email');
    expect(taxonomy.nearest('data_subject', 'qqqqqqqq')).toBeUndefined();
  });

  it('takes in keys of a company without touching its own', () => {
    const own = taxonomy.with('data_category', [{ key: 'user.content.plan', title: 'Plan', description: 'A plan.' }]);
    expect(own.category('user.content.plan')?.title).toBe('Plan');
    expect(own.category('user.content')).toEqual(taxonomy.category('user.content'));
    expect(taxonomy.has('data_category', 'user.content.plan')).toBe(false);
  });
});

describe('Purposes', () => {
  it('let a field be read for a use that is declared for its category or one above it', () => {
    const shop = declaring(
      ['essential.service', ['user.contact'], 'CONTRACT'],
      ['marketing', ['user.contact.email'], 'CONSENT'],
    );
    expect(purposesOf(shop, ['user.contact.email'])).toEqual(['essential.service', 'marketing']);
    expect(purposesOf(shop, ['user.contact.phone_number'])).toEqual(['essential.service']);
    expect(purposesOf(shop, ['user.financial'])).toEqual([]);
    expect(purposesOf(shop, ['user'])).toEqual([]);
  });

  it('let nobody read an unclassified field', () => {
    expect(purposesOf(declaring(['essential', ['user', 'system'], 'CONTRACT']), [])).toEqual([]);
  });

  it('want every category of a field covered, by the use or one above it', () => {
    const shop = declaring(
      ['essential', ['user.contact'], 'CONTRACT'],
      ['essential.service', ['user.financial'], 'CONTRACT'],
    );
    expect(purposesOf(shop, ['user.contact', 'user.financial'])).toEqual(['essential.service']);
  });

  it('allow what lies below a declared use, not what lies above it', () => {
    expect(mayRead(['essential.service'], 'essential.service.operations.support')).toBe(true);
    expect(mayRead(['essential.service'], 'essential')).toBe(false);
    expect(mayRead(['essential.service'], 'essential.services')).toBe(false);
    expect(mayRead([], 'essential')).toBe(false);
  });

  it('are told once each, with the basis that leaves the person most say; none given counts as consent', () => {
    const all = declaredPurposes([
      declaring(['essential.service', ['user'], 'CONTRACT'], ['collect', ['user'], null]),
      declaring(
        ['essential.service', ['user'], 'LEGITIMATE_INTERESTS'],
        ['marketing.communications.email', ['user'], 'CONSENT'],
      ),
    ]);
    expect(all.map(({ key, lawfulBasis, marketing }) => [key, lawfulBasis, marketing])).toEqual([
      ['collect', 'CONSENT', false],
      ['essential.service', 'LEGITIMATE_INTERESTS', false],
      ['marketing.communications.email', 'CONSENT', true],
    ]);
    expect(all[1]).toMatchObject({ title: 'Providing the service', description: expect.stringMatching(/\S/) });
  });
});
