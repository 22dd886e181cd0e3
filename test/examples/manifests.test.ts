import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type FieldDefinitionNode, Kind, parse, visit } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { TYPE_DEFINITIONS } from '../../examples/training/sdl.js';
import { loadManifests } from '../../src/services/manifest.js';
import { readPersonalData } from '../../src/services/personal-data-directive.js';
import { declaredPurposes, purposesOf } from '../../src/services/purposes.js';
import type { Field, Service } from '../../src/services/service.js';
import { covers } from '../../src/services/taxonomy.js';

const MANIFESTS = fileURLToPath(new URL('../../examples/manifests', import.meta.url));
const CLIENTS = new URL('../../examples/clients.yml', import.meta.url);
const QUESTIONS = ['one-question-four-services', 'what-you-hold-about-me', 'staff-queue'];

describe('The manifests of the demo company', () => {
  let services: Service[];
  beforeAll(async () => {
    services = await loadManifests(MANIFESTS, {
      EHCP_AUDIT_DATABASE_URL: 'postgres://127.0.0.1/ehcp_audit',
      EHCP_AUDIT_ERASE_URL: 'postgres://127.0.0.1/ehcp_audit',
      NEWSLETTER_DATABASE_URL: 'postgres://127.0.0.1/newsletter',
      NEWSLETTER_ERASE_URL: 'postgres://127.0.0.1/newsletter',
      TRAINING_URL: 'http://127.0.0.1:1',
      SUPPORT_URL: 'http://127.0.0.1:2',
      SUPPORT_EVENTS_SECRET: 'whsec_bm90aGluZyBpcyBzdGFydGVkLCBub3RoaW5nIGlz',
    });
  });

  const service = (name: string): Service => {
    const found = services.find((one) => one.name === name);
    if (!found) throw new Error(`no service ${name}`);
    return found;
  };
  const leaves = (fields: readonly Field[]): Field[] =>
    fields.flatMap((field) => (field.fields.length > 0 ? leaves(field.fields) : field));
  const fieldsOf = (name: string) =>
    service(name).datasets.flatMap(({ collections }) => collections.flatMap(({ fields }) => leaves(fields)));

  test('are read without a problem', () => {
    expect(services.map(({ name, kind }) => [name, kind])).toEqual([
      ['ehcp_audit', 'POSTGRES'],
      ['newsletter', 'POSTGRES'],
      ['support', 'HTTP'],
      ['training', 'SUBGRAPH'],
    ]);
  });

  test('P03: give every field a category, a type and a description, readable to run the service', () => {
    for (const name of ['ehcp_audit', 'newsletter', 'support']) {
      for (const field of fieldsOf(name)) {
        expect(field.description, `${name} ${field.name}`).toBeTruthy();
        expect(field.dataType, `${name} ${field.name}`).toBeTruthy();
        expect(purposesOf(service(name), field.categories), `${name} ${field.name}`).toContain('essential.service');
      }
    }
  });

  test('let improvement read no contact data, and marketing read the address and subscriptions alone', () => {
    const readableFor = (name: string, use: string) =>
      fieldsOf(name).filter(({ categories }) => purposesOf(service(name), categories).includes(use));
    for (const name of ['ehcp_audit', 'support']) {
      const categories = readableFor(name, 'functional.service.improve').flatMap((field) => field.categories);
      expect(categories.length).toBeGreaterThan(0);
      for (const category of categories)
        expect(covers('user.contact', category) || covers('user.name', category)).toBe(false);
    }
    expect(readableFor('newsletter', 'marketing.communications.email').map(({ name }) => name)).toEqual([
      'email',
      'topic',
      'source',
      'subscribed_at',
      'unsubscribed_at',
    ]);
  });

  test('send e-mail by consent alone', () => {
    const marketing = declaredPurposes(services).find(({ key }) => key === 'marketing.communications.email');
    expect(marketing).toMatchObject({ lawfulBasis: 'CONSENT', marketing: true });
  });

  test('name a safeguard where data rests outside the United Kingdom', () => {
    expect(service('newsletter')).toMatchObject({ country: 'US', transferSafeguard: 'IDTA' });
  });

  test('allow the fields of the training subgraph for the purposes its own SDL names', () => {
    const marked: FieldDefinitionNode[] = [];
    visit(TYPE_DEFINITIONS, { FieldDefinition: (node) => void marked.push(node) });
    const personal = marked.flatMap((node) => readPersonalData(node) ?? []);
    expect(personal.length).toBeGreaterThan(10);
    for (const { category, purposes } of personal) {
      expect([...purposes].sort(), category).toEqual(purposesOf(service('training'), [category]));
    }
  });

  test('declare what each client of the demo asks for', () => {
    const clients = parseYaml(readFileSync(CLIENTS, 'utf8')) as { name: string; purposes: string[] }[];
    const declared = declaredPurposes(services).map(({ key }) => key);
    expect(clients.map(({ name }) => name)).toContain('audit-tool');
    for (const purpose of clients.flatMap(({ purposes }) => purposes)) {
      expect(
        declared.some((key) => covers(key, purpose)),
        purpose,
      ).toBe(true);
    }
  });

  test('have example questions that are GraphQL', () => {
    for (const name of QUESTIONS) {
      const text = readFileSync(new URL(`../../examples/questions/${name}.graphql`, import.meta.url), 'utf8');
      expect(parse(text).definitions.every(({ kind }) => kind === Kind.OPERATION_DEFINITION)).toBe(true);
    }
  });
});
