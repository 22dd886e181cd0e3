import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ASTNode,
  buildASTSchema,
  buildClientSchema,
  type DocumentNode,
  getIntrospectionQuery,
  type IntrospectionQuery,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
  visit,
} from 'graphql';
import { afterAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../src/database/project-root.js';
import { demo } from '../support/demo.js';
import { post } from '../support/post.js';

const root = fileURLToPath(projectRoot());
const folder = mkdtempSync(path.join(tmpdir(), 'habeas-schema-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const committed = (file: string) => readFileSync(path.join(root, 'schema', file), 'utf8');
const contract = readFileSync(new URL('contract.graphql', import.meta.url), 'utf8');

describe('The graph of version 1', () => {
  test('has everything the contract names, in the shape it names', () => {
    expect(missingFrom(committed('core.graphql'), contract)).toEqual([]);
  });

  test.each([
    ['a field that is gone', 'type Purpose { key: String! }', 'type Purpose { title: String! }'],
    ['another type', 'type Purpose { key: String }', 'type Purpose { key: String! }'],
    ['another default', 'type Query { a(first: Int = 20): Int }', 'type Query { a(first: Int = 50): Int }'],
    ['an argument that is gone', 'type Query { a: Int }', 'type Query { a(after: String): Int }'],
    ['a new argument that must be given', 'type Query { a(b: Int!): Int }', 'type Query { a: Int }'],
    ['a new input field that must be given', 'input I { a: Int b: Int! }', 'input I { a: Int }'],
    ['an enum value that is gone', 'enum E { A }', 'enum E { A B }'],
    ['another kind of type', 'input Purpose { key: String! }', 'type Purpose { key: String! }'],
    ['a directive that is gone', 'type Query { a: Int }', 'directive @d on FIELD_DEFINITION'],
  ])('would not pass with %s', (_what, graph, promised) => {
    expect(missingFrom(graph, promised)).not.toEqual([]);
  });

  test('may have more than the contract names', () => {
    const promised = 'type Query { a: Int } enum E { A } input I { a: Int }';
    const graph = 'type Query { a(b: Int, c: Int! = 1): Int d: Int } enum E { A B } input I { a: Int b: Int }';
    expect(missingFrom(graph, promised)).toEqual([]);
  });

  test.each(['core.graphql', 'api.graphql'])('describes every element: %s', (file) => {
    const { described, bare } = descriptionsOf(parse(committed(file)));
    expect(described).toBeGreaterThan(300);
    expect(bare).toEqual([]);
  });
});

describe('The committed schema', () => {
  test('is what the source makes of it', () => {
    execFileSync(process.execPath, [path.join(root, 'dist/examples/emit-schema.js'), folder], { cwd: root });
    for (const file of ['core.graphql', 'api.graphql', 'supergraph.graphql']) {
      expect(readFileSync(path.join(folder, file), 'utf8') === committed(file), `${file}: run "npm run schema"`).toBe(
        true,
      );
    }
  });

  test('gives clients the types that are committed', () => {
    const config = readFileSync(path.join(root, 'codegen.yml'), 'utf8');
    const output = path.join(folder, 'operations.ts');
    const elsewhere = path.join(folder, 'codegen.yml');
    writeFileSync(
      elsewhere,
      config
        .replace('schema/client/operations.ts', output)
        .replace('schema/api.graphql', path.join(root, 'schema/api.graphql'))
        .replace('schema/operations', path.join(root, 'schema/operations')),
    );
    const codegen = path.join(root, 'node_modules/@graphql-codegen/cli/cjs/bin.js');
    execFileSync(process.execPath, [codegen, '--config', elsewhere, '--silent'], { cwd: root });
    expect(readFileSync(output, 'utf8')).toBe(committed('client/operations.ts'));
  });

  test('is what the running graph tells of itself', async () => {
    const habeas = await demo();
    const { data } = await post(await habeas.staff('dps'), getIntrospectionQuery({ specifiedByUrl: true }));
    const told = buildClientSchema(data as unknown as IntrospectionQuery);
    const printed = printSchema(lexicographicSortSchema(told));
    expect(`${printed}\n`).toBe(committed('api.graphql'));
  });
});

type Elements = Map<string, string>;

/** What of `promised` a graph lacks or has in another shape, and what it demands beyond it. */
function missingFrom(graph: string, promised: string): string[] {
  const [has, wanted] = [elementsOf(parse(graph)), elementsOf(parse(promised))];
  const lacking = [...wanted].filter(([name, shape]) => has.get(name) !== shape);
  const demanded = [...has].filter(
    ([name, shape]) => !wanted.has(name) && shape.startsWith('given') && wanted.has(name.replace(/\.[^.]*$/, '')),
  );
  return [
    ...lacking.map(([name, shape]) => `${name}: promised ${shape}, is ${has.get(name) ?? 'missing'}`),
    ...demanded.map(([name]) => `${name}: must be given now`),
  ];
}

/** Every element of a document by its coordinate, with its shape as text. */
function elementsOf(document: DocumentNode): Elements {
  const elements: Elements = new Map();
  walk(document, (coordinate, node) => {
    if (node.kind === 'InputValueDefinition') {
      const { type, defaultValue } = node;
      const must = type.kind === 'NonNullType' && !defaultValue ? 'given' : 'optional';
      elements.set(coordinate, `${must} ${print(type)}${defaultValue ? ` = ${print(defaultValue)}` : ''}`);
    } else if (node.kind === 'FieldDefinition') elements.set(coordinate, print(node.type));
    else if (node.kind === 'DirectiveDefinition') {
      elements.set(coordinate, `directive on ${node.locations.map(({ value }) => value).join(' | ')}`);
    } else elements.set(coordinate, node.kind);
  });
  return elements;
}

function descriptionsOf(document: DocumentNode): { described: number; bare: string[] } {
  const bare: string[] = [];
  let described = 0;
  walk(document, (coordinate, node) => {
    if ('description' in node && node.description?.value.trim()) described += 1;
    else bare.push(coordinate);
  });
  return { described, bare };
}

/** Calls `see` for every type, field, argument, value, input and directive, with a coordinate such as `Query.a.first`. */
function walk(document: DocumentNode, see: (coordinate: string, node: ASTNode) => void): void {
  const way: string[] = [];
  const named =
    /^(ObjectType|InputObjectType|EnumType|ScalarType|UnionType|InterfaceType|Directive|Field|InputValue|EnumValue)Definition$/;
  visit(document, {
    enter: (node) => {
      if (!named.test(node.kind) || !('name' in node)) return;
      way.push(`${node.kind === 'DirectiveDefinition' ? '@' : ''}${node.name?.value}`);
      see(way.join('.'), node);
    },
    leave: (node) => {
      if (named.test(node.kind)) way.pop();
    },
  });
}

test('the contract itself is a schema', () => {
  const withKey = `${contract}\ndirective @key(fields: String!) on OBJECT`;
  expect(Object.keys(buildASTSchema(parse(withKey)).getTypeMap()).length).toBeGreaterThan(60);
});
