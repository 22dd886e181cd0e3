import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import type { CollectionAnswer, CollectionQuestion } from '../../src/services/collection-reader.js';
import type { DataRecord, SubgraphContext } from '../../src/services/connector.js';
import { generateSubgraph, type SubgraphSource } from '../../src/services/generated-subgraph.js';
import type { Field, Service } from '../../src/services/service.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';

const SCALARS: Readonly<Record<string, string>> = {
  string: 'String',
  integer: 'Int',
  datetime: 'DateTime',
  'string[]': '[String]',
};

const audits = collection('audits', [
  field('audit_id', { primaryKey: true }),
  field('title', { description: 'What the audit is called.' }),
  field('score', { dataType: 'integer' }),
  field('created_at', { dataType: 'datetime' }),
  field('tags', { dataType: 'string[]' }),
  field('internal_note', { categories: [] }),
  field('author', {
    categories: [],
    dataType: 'object',
    fields: [field('full_name', { categories: ['user.name'] }), field('badge', { categories: [] })],
  }),
]);

const ehcp: Service = service(
  { kind: 'postgres', url: 'postgres://unused', schema: 'public' },
  {
    name: 'ehcp_audit',
    field: 'ehcpAudit',
    title: 'EHCP Audit',
    kind: 'POSTGRES',
    datasets: [
      dataset([
        audits,
        collection('comments', [field('body')]),
        collection('secrets', [field('body', { categories: [] })]),
        collection('queue', [field('body')], { skipProcessing: true }),
      ]),
    ],
  },
);

const types = (_dataset: unknown, _collection: unknown, { dataType }: Field) => SCALARS[dataType ?? ''] ?? 'JSON';

/** Everybody is known but `stranger`. */
const everybody: SubgraphContext = {
  subjects: async (ids) =>
    ids.map((accountId) => (accountId === 'stranger' ? null : { accountId, emails: [], phones: [] })),
};

function recording(records: readonly DataRecord[] = []): SubgraphSource & { questions: CollectionQuestion[] } {
  const questions: CollectionQuestion[] = [];
  return {
    questions,
    async read(question) {
      questions.push(question);
      return question.subjects.map(
        (): CollectionAnswer => ({
          records: records.map((record, index) => ({ cursor: `c${index}`, record })),
          hasNextPage: true,
          totalCount: question.count ? 7 : null,
        }),
      );
    },
  };
}

function ask(subgraph: ReturnType<typeof generateSubgraph>, selection: string, ids: readonly string[], rest = {}) {
  return subgraph.execute(
    {
      document: parse(
        `query ($r: [_Any!]!, $yes: Boolean, $first: Int) { _entities(representations: $r) { ... on Account { ${selection} } } }`,
      ),
      variables: { r: ids.map((id) => ({ __typename: 'Account', id })), ...rest },
    },
    everybody,
  );
}

describe('the SDL made of a manifest', () => {
  const { sdl } = generateSubgraph(ehcp, types, recording());

  it('marks every classified field with its category and purposes', () => {
    expect(sdl).toContain('title: String @personalData(category: "user.content", purposes: ["essential.service"])');
    expect(sdl).toContain('fullName: String @personalData(category: "user.name", purposes: ["essential.service"])');
  });

  it('leaves out what is unclassified or not to be processed', () => {
    expect(sdl).not.toMatch(/internalNote|badge|secrets|queue/i);
  });

  it('takes descriptions from the dataset, and makes them where it has none', () => {
    expect(sdl).toContain('What the audit is called.');
    expect(sdl).toContain('Audit id (user.content).');
  });

  it('describes every element', () => {
    const undescribed: string[] = [];
    for (const definition of parse(sdl).definitions) {
      if (!('name' in definition) || !definition.name) continue;
      if (!('description' in definition) || !definition.description) undescribed.push(definition.name.value);
      for (const member of 'fields' in definition ? (definition.fields ?? []) : []) {
        if (!member.description) undescribed.push(`${definition.name.value}.${member.name.value}`);
      }
    }
    expect(undescribed).toEqual([]);
  });

  it('names the mend when two names become one', () => {
    const twice = { ...ehcp, datasets: [dataset([collection('audits', [field('full_name'), field('fullName')])])] };
    expect(() => generateSubgraph(twice, types, recording())).toThrow(
      /support\.yml.*"full_name" and "fullName".*Rename one/,
    );
  });

  it('tells collections of the same name in two datasets apart', () => {
    const two = { ...ehcp, datasets: [dataset([audits]), dataset([audits], { key: 'archive' })] };
    const made = generateSubgraph(two, types, recording()).sdl;
    expect(made).toContain('heldAudits(');
    expect(made).toContain('archiveAudits(');
  });
});

describe('asking a generated subgraph', () => {
  it('reads each collection once for 200 accounts', async () => {
    const reader = recording([{ audit_id: '1', title: 'A' }]);
    const ids = Array.from({ length: 200 }, (_, index) => `a${index}`);
    const answer = await ask(
      generateSubgraph(ehcp, types, reader),
      'id ehcpAudit { audits { nodes { title } } comments { nodes { body } } }',
      ids,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data?._entities).toHaveLength(200);
    expect(reader.questions.map(({ collection, subjects }) => [collection, subjects.length])).toEqual([
      ['audits', 200],
      ['comments', 200],
    ]);
  });

  it('asks the store for the selected fields alone, minding fragments, aliases and directives', async () => {
    const reader = recording();
    await generateSubgraph(ehcp, types, reader).execute(
      {
        document: parse(`query ($r: [_Any!]!, $no: Boolean = false) {
          _entities(representations: $r) { ... on Account { ehcpAudit { audits(first: 3) {
            edges { cursor node { ...Named score @skip(if: true) } }
            nodes { when: createdAt author { fullName } tags @include(if: $no) }
          } } } }
        }
        fragment Named on EhcpAuditAudits { label: title }`),
        variables: { r: [{ __typename: 'Account', id: 'a' }] },
      },
      everybody,
    );
    expect(reader.questions).toHaveLength(1);
    expect(reader.questions[0]).toMatchObject({ fields: ['author', 'created_at', 'title'], first: 3, count: false });
  });

  it('counts only when the count is selected', async () => {
    const reader = recording();
    const answer = await ask(
      generateSubgraph(ehcp, types, reader),
      'ehcpAudit { audits { totalCount } comments { pageInfo { hasNextPage } } }',
      ['a'],
    );
    expect(reader.questions.map(({ count, fields }) => ({ count, fields }))).toEqual([
      { count: true, fields: [] },
      { count: false, fields: [] },
    ]);
    expect(answer.data).toEqual({
      _entities: [{ ehcpAudit: { audits: { totalCount: 7 }, comments: { pageInfo: { hasNextPage: true } } } }],
    });
  });

  it('reads once where the same is selected under two aliases, twice where arguments differ', async () => {
    const reader = recording();
    await ask(
      generateSubgraph(ehcp, types, reader),
      'ehcpAudit { x: audits { nodes { title } } y: audits { nodes { title } } z: audits(first: 2) { nodes { title } } }',
      ['a', 'b'],
    );
    expect(reader.questions.map(({ first }) => first)).toEqual([50, 2]);
  });

  it('answers values by their names in the graph, with cursors and page', async () => {
    const reader = recording([
      {
        audit_id: 1,
        score: '12',
        created_at: '2026-01-02T03:00:00+02:00',
        tags: 'one',
        author: { full_name: 'Ada', badge: 'x' },
      },
    ]);
    const answer = await ask(
      generateSubgraph(ehcp, types, reader),
      'ehcpAudit { audits(after: "c9") { edges { cursor node { auditId score createdAt tags author { fullName } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
      ['a'],
    );
    expect(JSON.parse(JSON.stringify(answer))).toEqual({
      data: {
        _entities: [
          {
            ehcpAudit: {
              audits: {
                edges: [
                  {
                    cursor: 'c0',
                    node: {
                      auditId: '1',
                      score: 12,
                      createdAt: '2026-01-02T01:00:00.000Z',
                      tags: ['one'],
                      author: { fullName: 'Ada' },
                    },
                  },
                ],
                pageInfo: { hasNextPage: true, hasPreviousPage: true, startCursor: 'c0', endCursor: 'c0' },
              },
            },
          },
        ],
      },
    });
  });

  it('answers null for an account nobody knows, and reads nothing for it', async () => {
    const reader = recording();
    const answer = await ask(generateSubgraph(ehcp, types, reader), 'id ehcpAudit { audits { nodes { title } } }', [
      'stranger',
      'a',
    ]);
    expect(answer.data).toMatchObject({ _entities: [null, { id: 'a' }] });
    expect(reader.questions[0]?.subjects.map(({ accountId }) => accountId)).toEqual(['a']);
  });

  it.each([0, 201, null])('refuses first: %s, naming the argument and the mend', async (first) => {
    const reader = recording();
    const answer = await ask(
      generateSubgraph(ehcp, types, reader),
      'ehcpAudit { audits(first: $first) { nodes { title } } }',
      ['a'],
      { first },
    );
    expect(answer.errors?.[0]).toMatchObject({
      message: expect.stringContaining('first: ask for 1 to 200'),
      extensions: { code: 'BAD_USER_INPUT', argument: 'first' },
    });
    expect(reader.questions).toEqual([]);
  });

  it('keeps the code of a service that fails, for its people alone', async () => {
    const down = new ServiceError('ehcp_audit', 'SERVICE_UNREACHABLE', 'EHCP Audit cannot be reached.');
    const page: CollectionAnswer = { records: [], hasNextPage: false, totalCount: null };
    const reader: SubgraphSource = { read: async () => [down, page] };
    const answer = await ask(generateSubgraph(ehcp, types, reader), 'ehcpAudit { audits { nodes { title } } }', [
      'a',
      'b',
    ]);
    expect(answer.errors?.map(({ path, extensions }) => ({ path, extensions }))).toEqual([
      {
        path: ['_entities', 0, 'ehcpAudit', 'audits'],
        extensions: { code: 'SERVICE_UNAVAILABLE', service: 'ehcp_audit', failure: 'SERVICE_UNREACHABLE' },
      },
    ]);
    expect(answer.data).toMatchObject({ _entities: [{ ehcpAudit: { audits: null } }, { ehcpAudit: { audits: {} } }] });
  });

  it('never tells a value or the words of another error (T-29)', async () => {
    const broken: SubgraphSource = { read: () => Promise.reject(new Error('relation "canary" does not exist')) };
    const unfit = recording([{ score: 'canary' }]);
    const answers = await Promise.all([
      ask(generateSubgraph(ehcp, types, broken), 'ehcpAudit { audits { nodes { score } } }', ['a']),
      ask(generateSubgraph(ehcp, types, unfit), 'ehcpAudit { audits { nodes { score } } }', ['a']),
    ]);
    expect(answers.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual([
      'INTERNAL_SERVER_ERROR',
      'SERVICE_UNAVAILABLE',
    ]);
    expect(JSON.stringify(answers)).not.toContain('canary');
  });
});
