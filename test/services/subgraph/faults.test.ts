import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../src/database/embedded.js';
import { ServiceError } from '../../../src/errors.js';
import { subgraphConnector } from '../../../src/services/subgraph/connector.js';
import { plainCredentials } from '../../support/services/credentials.js';
import { BUSY_MS, FAULTS, HASTY } from '../../support/services/faults.js';
import { service } from '../../support/services/manifests.js';
import { allPages } from '../../support/services/pages.js';
import { type RunningService, startService } from '../../support/services/process.js';

const directory = mkdtempSync(path.join(tmpdir(), 'habeas-faults-'));
const sdlFile = path.join(directory, 'shop.graphql');
let faulty: RunningService;
beforeAll(async () => {
  writeFileSync(sdlFile, 'type Account @key(fields: "id") { id: ID! nickname: String }');
  faulty = await startService('faulty.mjs');
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await faulty.stop();
});

const connectorTo = (url: string) =>
  subgraphConnector(service({ kind: 'subgraph', url, sdlFile, audience: 'a' }), plainCredentials, {
    exportLimits: HASTY,
    graphLimits: HASTY,
  });

async function exporting(url: string): Promise<unknown> {
  const connector = connectorTo(url);
  try {
    return await allPages(connector, { accountId: 'a', emails: [], phones: [] });
  } catch (error) {
    return error;
  } finally {
    await connector.close();
  }
}

async function asking(url: string): Promise<unknown> {
  const connector = connectorTo(url);
  const document = parse('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { nickname } } }');
  try {
    const variables = { r: [{ __typename: 'Account', id: 'a' }] };
    return await connector.execute({ document, variables }, { subjects: async () => [] });
  } catch (error) {
    return error;
  } finally {
    await connector.close();
  }
}

describe('a subgraph that breaks (T-33, T-35, R-20)', () => {
  it.each(FAULTS)('%s: %s in an export, in time, without a word of its own', async (mode, failure) => {
    const began = performance.now();
    const error = await exporting(`${faulty.url}/${mode}/graphql`);
    expect(performance.now() - began).toBeLessThan(HASTY.totalMs + BUSY_MS);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ failure, service: 'support', extensions: { code: 'SERVICE_UNAVAILABLE' } });
    expect(`${error}${JSON.stringify(error)}`).not.toMatch(/CANARY|127\.0\.0\.1|graphql/);
  });

  it.each(FAULTS.filter(([mode]) => mode !== 'errors'))('%s: %s in the graph', async (mode, failure) => {
    const error = await asking(`${faulty.url}/${mode}/graphql`);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ failure });
    expect(`${error}${JSON.stringify(error)}`).not.toMatch(/CANARY|127\.0\.0\.1/);
  });

  it('errors: answered in the graph as errors without their words', async () => {
    const answer = await asking(`${faulty.url}/errors/graphql`);
    expect(JSON.parse(JSON.stringify(answer))).toEqual({
      data: null,
      errors: [
        {
          message: 'Support desk could not answer this part.',
          path: ['_entities'],
          extensions: { code: 'SERVICE_UNAVAILABLE', service: 'support', failure: 'SERVICE_ANSWER_INVALID' },
        },
      ],
    });
  });

  it('refuse: SERVICE_UNREACHABLE', async () => {
    expect(await exporting(`http://127.0.0.1:${await freePort()}/graphql`)).toMatchObject({
      failure: 'SERVICE_UNREACHABLE',
    });
  });
});
