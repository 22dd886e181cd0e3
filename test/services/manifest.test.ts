import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadManifests, ManifestError, parseManifest, readManifests } from '../../src/services/manifest.js';

const ENVIRONMENT = { SHOP_DATABASE_URL: 'postgres://shop:s3cret@localhost/shop' };

/** A manifest without anything to mend. Its lines are what the tests below change. */
const SHOP = `habeas:
  connection: { postgres: { url: \${SHOP_DATABASE_URL} } }
system:
  - fides_key: web_shop
    name: Web shop
    privacy_declarations:
      - data_use: essential.service
        data_categories: [user.contact]
        data_subjects: [customer]
        legal_basis_for_processing: Contract
dataset:
  - fides_key: shop
    collections:
      - name: customer
        fields:
          - { name: id, fides_meta: { primary_key: true } }
          - { name: email, data_categories: [user.contact.email], fides_meta: { identity: email } }
      - name: invoice
        fields:
          - { name: issued_at }
          - name: customer_id
            fides_meta:
              references: [{ dataset: shop, field: customer.id, direction: from }]
`;

const parse = (text: string) => parseManifest(text, 'shop.yml', ENVIRONMENT);

function mistakes(text: string, environment: NodeJS.ProcessEnv = ENVIRONMENT): string[] {
  try {
    parseManifest(text, 'shop.yml', environment);
  } catch (error) {
    if (error instanceof ManifestError) return error.message.split('\n');
    throw error;
  }
  return [];
}

/** SHOP with one text in it replaced. */
function changed(from: string, to: string): string {
  expect(SHOP).toContain(from);
  return SHOP.replace(from, () => to);
}

const withHabeas = (lines: string) => changed('habeas:\n', `habeas:\n${lines}\n`);

describe('A manifest', () => {
  it('becomes a service, with defaults for what it leaves out', () => {
    expect(parse(SHOP)).toMatchObject({
      name: 'web_shop',
      field: 'webShop',
      title: 'Web shop',
      kind: 'POSTGRES',
      affiliation: 'AFFILIATED',
      country: 'GB',
      transferSafeguard: null,
      connection: { kind: 'postgres', url: ENVIRONMENT.SHOP_DATABASE_URL, schema: 'public' },
      declarations: [{ dataUse: 'essential.service', lawfulBasis: 'CONTRACT', dataCategories: ['user.contact'] }],
      source: null,
    });
  });

  it('says where data rests, comes from, is kept and how it is erased', () => {
    const service = parse(
      withHabeas(`  field: shop
  title: Shop
  affiliation: external
  country: US
  transfer_safeguard: IDTA
  source: The school
  erasure:
    invoice: { action: keep, for: P6Y, from: issued_at, reason: Companies Act, mask: [customer_id] }
    customer: { action: anonymise }
  retention: { invoice: { for: P7Y, from: issued_at } }`),
    );
    expect(service).toMatchObject({
      field: 'shop',
      title: 'Shop',
      affiliation: 'EXTERNAL',
      country: 'US',
      transferSafeguard: 'IDTA',
      source: 'The school',
    });
    expect(service.erasure.get('invoice')).toEqual({
      action: 'KEEP',
      keepFor: 'P6Y',
      keepFrom: 'issued_at',
      reason: 'Companies Act',
      legalGround: null,
      mask: [{ field: 'customer_id', with: 'null', value: null }],
      shared: 'keep',
    });
    expect(service.erasure.get('customer')?.action).toBe('ANONYMISE');
    expect(service.retention.get('invoice')).toEqual({ for: 'P7Y', from: 'issued_at' });
  });

  it.each([
    ['Consent', 'CONSENT'],
    ['Contract', 'CONTRACT'],
    ['Legal obligations', 'LEGAL_OBLIGATION'],
    ['Vital interests', 'VITAL_INTERESTS'],
    ['Public interest', 'PUBLIC_TASK'],
    ['Legitimate interests', 'LEGITIMATE_INTERESTS'],
  ])('reads the legal basis %s (Article 6(1))', (written, basis) => {
    const service = parse(changed('legal_basis_for_processing: Contract', `legal_basis_for_processing: ${written}`));
    expect(service.declarations[0]?.lawfulBasis).toBe(basis);
  });

  it('gives a field the categories of its collection or dataset where it has none of its own', () => {
    const service = parse(
      changed('      - name: invoice\n', '      - name: invoice\n        data_categories: [user.financial]\n').replace(
        '  - fides_key: shop\n',
        '  - fides_key: shop\n    data_categories: [user.account]\n',
      ),
    );
    const [customer, invoice] = service.datasets[0]?.collections ?? [];
    expect(customer?.fields.map(({ categories }) => categories)).toEqual([['user.account'], ['user.contact.email']]);
    expect(invoice?.fields[0]?.categories).toEqual(['user.financial']);
  });

  it('reads the older spelling fidesops_meta, and bears keys of Fides it does not know', () => {
    const older = SHOP.replaceAll('fides_meta', 'fidesops_meta').replace(
      '    name: Web shop\n',
      '    vendor_id: x.1\n',
    );
    expect(parse(older).datasets[0]?.collections[1]?.fields[1]?.references).toHaveLength(1);
  });

  it('speaks to HTTP and subgraph services as itself: the audience is their name unless told', () => {
    const http = changed(
      `postgres: { url: \${SHOP_DATABASE_URL} }`,
      'http: { url: "https://shop.test/gdpr/{externalId}" }',
    );
    expect(parse(http).connection).toEqual({
      kind: 'http',
      url: 'https://shop.test/gdpr/{externalId}',
      audience: 'web_shop',
      queryScope: 'gdprquery',
      deleteScope: 'gdprdelete',
    });
    const subgraph = changed(
      `postgres: { url: \${SHOP_DATABASE_URL} }`,
      'subgraph: { url: http://shop.test/graphql, audience: shop }',
    );
    expect(parse(subgraph).connection).toEqual({
      kind: 'subgraph',
      url: 'http://shop.test/graphql',
      sdlFile: null,
      audience: 'shop',
    });
  });

  it('takes the SDL of a subgraph from a file or an address', () => {
    const from = (sdl: string) =>
      changed(`postgres: { url: \${SHOP_DATABASE_URL} }`, `subgraph: { url: http://shop.test/graphql, sdl: "${sdl}" }`);
    expect(parse(from('https://registry.test/shop?v=2')).connection).toMatchObject({
      sdlFile: null,
      sdlUrl: 'https://registry.test/shop?v=2',
    });
    expect(mistakes(from('nowhere.graphql'))).toEqual([expect.stringMatching(/subgraph\.sdl: there is no such file/)]);
    expect(mistakes(from('http://registry.test/shop'), { ...ENVIRONMENT, NODE_ENV: 'production' })).toEqual([
      expect.stringMatching(/subgraph\.url: .*https/),
      expect.stringMatching(/subgraph\.sdl: .*https/),
    ]);
  });

  describe('of a subgraph', () => {
    const minimal = (name: string) =>
      `habeas:\n  connection:\n    subgraph: { url: http://x.test }\nsystem:\n  - fides_key: ${name}\n`;

    it.each(['a', 'all-products', '4th', 'profile', 'Été'])('needs no more than an address and a name: %s', (name) => {
      expect(parse(minimal(name))).toMatchObject({ name, kind: 'SUBGRAPH', declarations: [], datasets: [] });
    });

    it('may not have the name Habeas has', () => {
      expect(mistakes(minimal('habeas'))).toEqual([
        `shop.yml:5 system[0].fides_key: "habeas" is Habeas' own name: give the system another.`,
      ]);
    });
  });

  it('takes placeholders only under habeas:, and only there', () => {
    const service = parse(changed('name: Web shop', `name: Costs \${PRICE}`));
    expect(service.title).toBe(`Costs \${PRICE}`);
  });

  it('leads a reference without a direction away from what is reached', () => {
    expect(mistakes(changed(', direction: from }', ' }'))).toEqual([]);
  });

  it('chooses among several systems by habeas.system', () => {
    const two = changed('dataset:\n', '  - { fides_key: other, privacy_declarations: [] }\ndataset:\n');
    expect(mistakes(two)).toEqual([
      'shop.yml:1 habeas: there are several systems: set habeas.system to one of web_shop, other.',
    ]);
    expect(parse(two.replace('habeas:\n', 'habeas:\n  system: other\n')).name).toBe('other');
  });
});

describe('A mistake in a manifest is told with its line and mend:', () => {
  it.each<[what: string, text: () => string, told: string]>([
    [
      'no connection',
      () => changed(`{ postgres: { url: \${SHOP_DATABASE_URL} } }`, '{}'),
      'shop.yml:2 habeas.connection: needs exactly one of postgres, subgraph and http.',
    ],
    [
      'two connections',
      () => changed('} }\nsystem', '}, http: { url: "http://x" } }\nsystem'),
      'shop.yml:2 habeas.connection: needs exactly one of postgres, subgraph and http.',
    ],
    [
      'a key misspelt under habeas',
      () => withHabeas('  affilation: external'),
      'shop.yml:2 habeas.affilation: this key is not known here; did you mean "affiliation"?',
    ],
    [
      'an unknown value',
      () => withHabeas('  affiliation: externl'),
      'shop.yml:2 habeas.affiliation: must be one of affiliated, external; did you mean "external"?',
    ],
    [
      'an unknown use',
      () => changed('data_use: essential.service', 'data_use: essential.servce'),
      'shop.yml:7 system[0].privacy_declarations[0].data_use: "essential.servce" is not a Fideslang data use; did you mean "essential.service"?',
    ],
    [
      'an unknown category',
      () => changed('[user.contact.email]', '[user.contact.emial]'),
      'shop.yml:17 dataset[0].collections[0].fields[1].data_categories[0]: "user.contact.emial" is not a Fideslang data category; did you mean "user.contact.email"?',
    ],
    [
      'an unknown subject',
      () => changed('[customer]', '[custoner]'),
      'shop.yml:9 system[0].privacy_declarations[0].data_subjects[0]: "custoner" is not a Fideslang data subject; did you mean "customer"?',
    ],
    [
      'an unknown basis',
      () => changed(': Contract', ': Legitimate interest'),
      'shop.yml:10 system[0].privacy_declarations[0].legal_basis_for_processing: "Legitimate interest" is no legal basis; did you mean "Legitimate interests"?',
    ],
    [
      'a country that is none',
      () => withHabeas('  country: UK'),
      'shop.yml:2 habeas.country: "UK" is no ISO 3166-1 alpha-2 country code; did you mean "GB"?',
    ],
    [
      'data abroad without a safeguard (P32)',
      () => withHabeas('  country: US'),
      'shop.yml:2 habeas.country: data in US rests outside the UK and the EEA: set habeas.transfer_safeguard to adequacy, IDTA, SCC_UK_ADDENDUM, BCR or derogation.',
    ],
    [
      'a field that GraphQL does not allow',
      () => withHabeas('  field: web-shop'),
      'shop.yml:2 habeas.field: "web-shop" cannot be a field in GraphQL: set habeas.field to letters and digits, as in "ehcpAudit".',
    ],
    [
      'a field Account has itself',
      () => withHabeas('  field: consents'),
      'shop.yml:2 habeas.field: "consents" is one of Account\'s own fields: set habeas.field to another name.',
    ],
    [
      'an address of another protocol',
      () => changed(`\${SHOP_DATABASE_URL}`, '"mysql://u:s3cret@host/db"'),
      'shop.yml:2 habeas.connection.postgres.url: must be an address that begins with postgres:// or postgresql://.',
    ],
    [
      'a reference to no collection',
      () => changed('customer.id,', 'custmer.id,'),
      'shop.yml:23 dataset[0].collections[1].fields[1].fides_meta.references[0]: there is no collection "custmer" in shop; did you mean "customer"?',
    ],
    [
      'a reference to no field',
      () => changed('customer.id,', 'customer.ids,'),
      'shop.yml:23 dataset[0].collections[1].fields[1].fides_meta.references[0]: there is no field "ids" in shop.customer; did you mean "id"?',
    ],
    [
      'a reference to no dataset',
      () => changed('dataset: shop,', 'dataset: shpo,'),
      'shop.yml:23 dataset[0].collections[1].fields[1].fides_meta.references[0]: there is no dataset "shpo" in this manifest; did you mean "shop"?',
    ],
    [
      'a reference to no field at all',
      () => changed('customer.id,', 'customer,'),
      'shop.yml:23 dataset[0].collections[1].fields[1].fides_meta.references[0].field: must name collection and field, as in "customer.id"',
    ],
    [
      'a reference that could turn either way',
      () =>
        changed(', direction: from }', ' }').replace(
          '{ name: issued_at }',
          '{ name: issued_at, fides_meta: { identity: phone } }',
        ),
      'shop.yml:23 dataset[0].collections[1].fields[1].fides_meta.references[0]: needs a direction, as both of its collections are reached without it: "to" where values of this field select rows there, "from" where values there select rows here.',
    ],
    [
      'a collection nobody reaches',
      () => changed('direction: from', 'direction: to'),
      'shop.yml:18 dataset[0].collections[1]: no identity leads to this collection: give a field of it fides_meta.identity or a reference from a collection that is reached, or set fides_meta.skip_processing to true.',
    ],
    [
      'erasure of no collection',
      () => withHabeas('  erasure: { invoic: { action: delete } }'),
      'shop.yml:2 habeas.erasure.invoic: there is no collection "invoic" in the datasets; did you mean "invoice"?',
    ],
    [
      'erasure from no field',
      () => withHabeas('  erasure:\n    invoice: { action: keep, for: P6Y, from: issued, reason: tax }'),
      'shop.yml:3 habeas.erasure.invoice: there is no field "issued" in invoice; did you mean "issued_at"?',
    ],
    [
      'data kept for no reason',
      () => withHabeas('  erasure:\n    invoice: { action: keep, for: P6Y, from: issued_at }'),
      'shop.yml:3 habeas.erasure.invoice: what is kept needs reason: the person is told why and until when.',
    ],
    [
      'a mask nobody knows',
      () => withHabeas('  erasure:\n    invoice: { action: mask, mask: [{ field: customer_id, with: blur }] }'),
      'shop.yml:3 habeas.erasure.invoice.mask[0]: must be the name of a field, or a map with field, with (null, constant, hash, random, year, month) and value.',
    ],
    [
      'a constant without a value',
      () => withHabeas('  erasure:\n    invoice: { action: mask, mask: [{ field: customer_id, with: constant }] }'),
      'shop.yml:3 habeas.erasure.invoice.mask[0]: value goes with constant, and constant with value: give both or neither.',
    ],
    [
      'a duration that is none',
      () => withHabeas('  retention: { invoice: { for: 6 years, from: issued_at } }'),
      'shop.yml:2 habeas.retention.invoice.for: "6 years" is no ISO 8601 duration: write P6Y for six years, P30D for thirty days.',
    ],
    [
      'a missing key',
      () => changed('      - name: customer\n', '      - description: customers\n'),
      'shop.yml:14 dataset[0].collections[0].name: is missing: give a text.',
    ],
    [
      'a list that is none',
      () => changed('[user.contact]', 'user.contact'),
      'shop.yml:8 system[0].privacy_declarations[0].data_categories: must be a list.',
    ],
    [
      'no system',
      () => SHOP.replace(/system:[\s\S]*?(?=dataset:)/, ''),
      'shop.yml:1 system: is missing: give one system with a fides_key and its privacy_declarations.',
    ],
    [
      'a system that is not there',
      () => withHabeas('  system: web_shp'),
      'shop.yml:2 habeas.system: there is no system "web_shp" in this manifest; did you mean "web_shop"?',
    ],
    [
      'a file that is not there',
      () => withHabeas('  datasets: [./missing.yml]'),
      'shop.yml:2 habeas.datasets[0]: there is no file "./missing.yml": the path starts at this manifest.',
    ],
    [
      'two collections of one name',
      () => changed('- name: invoice', '- name: customer'),
      'shop.yml:18 dataset[0].collections[1].name: this collection is in the dataset twice: remove one.',
    ],
    [
      'no dataset',
      () => SHOP.replace(/dataset:\n[\s\S]*$/, ''),
      'shop.yml:2 habeas.connection.postgres: needs a dataset: say under dataset: which tables hold what.',
    ],
    [
      'no habeas part',
      () => SHOP.replace(/habeas:[\s\S]*?(?=system:)/, ''),
      'shop.yml:1 has no habeas: part, which says how the service is reached.',
    ],
  ])('%s', (_what, text, told) => {
    expect(mistakes(text())).toEqual([told]);
  });

  it('a variable that is not set, without a word of the others', () => {
    expect(mistakes(SHOP, {})).toEqual([
      'shop.yml:2 habeas.connection.postgres.url: the environment variable SHOP_DATABASE_URL is not set: set it, or write the value here.',
    ]);
  });

  it('broken YAML', () => {
    expect(mistakes('habeas:\n  a: 1\n  a: 2\n')).toEqual(['shop.yml:3 not YAML: Map keys must be unique.']);
  });

  it('all mistakes at once, in the order of their lines', () => {
    const text = changed('[user.contact]', '[user.contct]').replace('habeas:\n', 'habeas:\n  country: XX\n  fild: x\n');
    const told = mistakes(text.replace('customer.id', 'customer.idd').replace(': Contract', ': Contrct'));
    expect(told.map((line) => line.split(' ')[0])).toEqual([
      'shop.yml:2',
      'shop.yml:3',
      'shop.yml:10',
      'shop.yml:12',
      'shop.yml:25',
    ]);
  });

  it('never with what an address holds', () => {
    const told = mistakes(changed('user.contact]', 'user.x]'), { SHOP_DATABASE_URL: 'mysql://shop:s3cret@localhost' });
    expect(told).toHaveLength(2);
    expect(told.join()).not.toContain('s3cret');
  });
});

describe('A directory of manifests', () => {
  const directories: string[] = [];
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
  });

  function directoryOf(files: Readonly<Record<string, string>>): string {
    const directory = mkdtempSync(path.join(tmpdir(), 'habeas-manifests-'));
    directories.push(directory);
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
    return directory;
  }

  async function told(files: Readonly<Record<string, string>>): Promise<string[]> {
    const failure = await loadManifests(directoryOf(files), ENVIRONMENT).catch((error: unknown) => error);
    return failure instanceof ManifestError ? failure.message.split('\n') : [];
  }

  const NEWS = SHOP.replace('web_shop', 'news').replaceAll('shop', 'news').replace('${SHOP', '${SHOP');

  it('gives its services in the order of their files', async () => {
    const services = await loadManifests(directoryOf({ 'b.yml': SHOP, 'a.yaml': NEWS, 'c.txt': 'no' }), ENVIRONMENT);
    expect(services.map(({ name }) => name)).toEqual(['news', 'web_shop']);
  });

  it('joins a manifest to Fides files beside it', async () => {
    const [habeas = '', rest = ''] = SHOP.split(/(?=system:)/);
    const [system = '', dataset = ''] = rest.split(/(?=^dataset:)/m);
    const files = {
      'shop.yml': habeas.replace('habeas:\n', 'habeas:\n  datasets: [./data.yml]\n  systems: [systems.yml]\n'),
      'data.yml': dataset,
      'systems.yml': system,
    };
    expect(await loadManifests(directoryOf(files), ENVIRONMENT)).toMatchObject([
      { name: 'web_shop', datasets: [{ key: 'shop' }] },
    ]);
    expect(await told({ ...files, 'data.yml': dataset.replace('user.contact.email', 'user.mail') })).toEqual([
      expect.stringMatching(
        /^data\.yml:7 dataset\[0\]\.collections\[0\]\.fields\[1\]\.data_categories\[0\]: "user\.mail"/,
      ),
    ]);
  });

  it('refuses a service or a field twice', async () => {
    expect(await told({ 'a.yml': SHOP, 'b.yml': SHOP })).toEqual([
      'b.yml:1 habeas: the service "web_shop" is in a.yml already: each system is one service.',
    ]);
    expect(await told({ 'a.yml': SHOP, 'b.yml': NEWS.replace('habeas:\n', 'habeas:\n  field: webShop\n') })).toEqual([
      'b.yml:1 habeas: the field "webShop" is taken by a.yml: set habeas.field to another.',
    ]);
  });

  it('refuses a file that nothing uses', async () => {
    expect(await told({ 'a.yml': SHOP, 'b.yml': 'dataset: []\n' })).toEqual([
      'b.yml:1 has no habeas: part and no manifest includes it: add one, or name the file in habeas.datasets or habeas.systems.',
    ]);
  });

  it('lets a company add its own keys under existing ones', async () => {
    const own = 'data_category:\n  - { fides_key: user.content.plan, name: Plan, description: A plan. }\n';
    const shop = SHOP.replace('[user.contact.email]', '[user.content.plan]');
    const { services, taxonomy } = await readManifests(directoryOf({ 'shop.yml': shop, 'own.yml': own }), ENVIRONMENT);
    expect(services[0]?.datasets[0]?.collections[0]?.fields[1]?.categories).toEqual(['user.content.plan']);
    expect(taxonomy.category('user.content.plan')).toEqual({
      key: 'user.content.plan',
      title: 'Plan',
      description: 'A plan.',
    });
    expect(await told({ 'a.yml': SHOP, 'own.yml': own.replace('user.content.plan', 'user.contents.plan') })).toEqual([
      'own.yml:2 data_category[0].fides_key: its parent "user.contents" does not exist; did you mean "user.content"?',
    ]);
    expect(await told({ 'a.yml': SHOP, 'own.yml': own.replace('user.content.plan', 'plan') })).toEqual([
      'own.yml:2 data_category[0].fides_key: must stand under an existing key, as in "user.plan".',
    ]);
  });

  it('tells cycles it cut, which need no mending', async () => {
    const cyclic = SHOP.replace(
      '{ name: id, fides_meta: { primary_key: true } }',
      '{ name: id, fides_meta: { references: [{ dataset: shop, field: invoice.customer_id, direction: from }] } }',
    );
    const { notes } = await readManifests(directoryOf({ 'shop.yml': cyclic }), ENVIRONMENT);
    expect(notes).toEqual([
      'shop.yml: shop.invoice.customer_id → shop.customer.id closes a cycle and is not followed.',
    ]);
  });

  it('says so when it does not exist', async () => {
    await expect(loadManifests('/nowhere/at/all', {})).rejects.toThrow(
      'there is no such directory: HABEAS_SERVICES must name one.',
    );
  });
});
