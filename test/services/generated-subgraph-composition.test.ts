import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { composeServices } from '@theguild/federation-composition';
import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { CollectionQuestion } from '../../src/services/collection-reader.js';
import type { SubgraphContext } from '../../src/services/connector.js';
import { type GeneratedSubgraph, generateSubgraph } from '../../src/services/generated-subgraph.js';
import type { Service } from '../../src/services/service.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';

const CORE = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
type Query { accounts(ids: [ID!]!): [Account]! }
type Account @key(fields: "id") { id: ID! }`;

const manifest = (name: string, collections: readonly string[]): Service =>
  service(
    { kind: 'postgres', url: 'postgres://unused', schema: 'public' },
    {
      name,
      field: name,
      title: name,
      kind: 'POSTGRES',
      datasets: [
        dataset(
          collections.map((held) =>
            collection(held, [
              field('title'),
              field('made_at', { dataType: 'datetime' }),
              field('more', { dataType: 'json' }),
            ]),
          ),
        ),
      ],
    },
  );

const people: SubgraphContext = {
  subjects: async (ids) => ids.map((accountId) => ({ accountId, emails: [], phones: [] })),
};

/** Two generated subgraphs behind one planner; Habeas itself answers `accounts`. */
async function graph() {
  const questions: CollectionQuestion[] = [];
  const generated = new Map<string, GeneratedSubgraph>();
  for (const [name, collections] of [
    ['audit', ['audits', 'comments']],
    ['training', ['bookings']],
  ] as const) {
    const types = (_dataset: unknown, _collection: unknown, { dataType }: { dataType: string | null }) =>
      dataType === 'datetime' ? 'DateTime' : dataType === 'json' ? 'JSON' : 'String';
    generated.set(
      name,
      generateSubgraph(manifest(name, collections), types, {
        async read(question) {
          questions.push(question);
          return question.subjects.map(({ accountId }) => ({
            records: [{ cursor: 'c', record: { title: `${question.collection} of ${accountId}` } }],
            hasNextPage: false,
            totalCount: null,
          }));
        },
      }),
    );
  }
  const composed = composeServices([
    { name: 'core', typeDefs: parse(CORE) },
    ...[...generated].map(([name, { sdl }]) => ({ name, typeDefs: parse(sdl) })),
  ]);
  return { questions, generated, composed };
}

describe('generated subgraphs in one graph', () => {
  it('compose without errors, and @personalData stays in the supergraph', async () => {
    const { composed } = await graph();
    expect(composed.errors ?? []).toEqual([]);
    expect(composed.supergraphSdl).toContain(
      '@personalData(category: "user.content", purposes: ["essential.service"])',
    );
    expect(composed.supergraphSdl?.match(/type PageInfo/g)).toHaveLength(1);
  });

  it('are planned so that 200 accounts cost one read of each collection', async () => {
    const { questions, generated, composed } = await graph();
    const sdl = composed.supergraphSdl ?? '';
    const calls: string[] = [];
    const { executor } = await unifiedGraphHandler({
      unifiedGraph: buildSchema(sdl, { assumeValid: true, assumeValidSDL: true }),
      getUnifiedGraphSDL: () => sdl,
      onSubgraphExecute: async (called, request) => {
        const name = called.toLowerCase();
        calls.push(name);
        if (name === 'core') return { data: { accounts: ids.map((id) => ({ __typename: 'Account', id })) } };
        return generated.get(name)?.execute(request, people) ?? { data: null };
      },
    });
    if (!executor) throw new Error('the planner made no executor');
    const ids = Array.from({ length: 200 }, (_, index) => `a${index}`);
    const answer = await executor({
      document: parse(`query ($ids: [ID!]!) { accounts(ids: $ids) { id
        audit { audits(first: 5) { nodes { title } } comments { edges { node { title madeAt } } } }
        training { bookings { nodes { title more } } } } }`),
      variables: { ids },
    });
    expect(JSON.parse(JSON.stringify(answer))).toEqual({
      data: {
        accounts: ids.map((id) => ({
          id,
          audit: {
            audits: { nodes: [{ title: `audits of ${id}` }] },
            comments: { edges: [{ node: { title: `comments of ${id}`, madeAt: null } }] },
          },
          training: { bookings: { nodes: [{ title: `bookings of ${id}`, more: null }] } },
        })),
      },
    });
    expect(calls.sort()).toEqual(['audit', 'core', 'training']);
    expect(questions.map(({ collection, subjects, fields }) => [collection, subjects.length, fields]).sort()).toEqual([
      ['audits', 200, ['title']],
      ['bookings', 200, ['more', 'title']],
      ['comments', 200, ['made_at', 'title']],
    ]);
  });
});
