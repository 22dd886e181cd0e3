import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../src/database/embedded.js';
import { ServiceError } from '../../../src/errors.js';
import { httpConnector } from '../../../src/services/http/connector.js';
import { plainCredentials } from '../../support/services/credentials.js';
import { BUSY_MS, FAULTS, HASTY } from '../../support/services/faults.js';
import { service } from '../../support/services/manifests.js';
import { allPages } from '../../support/services/pages.js';
import { type RunningService, startService } from '../../support/services/process.js';

let faulty: RunningService;
beforeAll(async () => {
  faulty = await startService('faulty.mjs');
});
afterAll(() => faulty.stop());

const connectorTo = (url: string) =>
  httpConnector(service({ kind: 'http', url, audience: 'a', queryScope: 'q', deleteScope: 'd' }), plainCredentials, {
    exportLimits: HASTY,
  });

async function failureOf(url: string): Promise<unknown> {
  const connector = connectorTo(url);
  const subject = { accountId: 'a', externalId: 'e', emails: [], phones: [] };
  try {
    return await allPages(connector, subject);
  } catch (error) {
    return error;
  } finally {
    await connector.close();
  }
}

describe('a GDPR API that breaks (T-33, T-35, R-20)', () => {
  it.each(FAULTS)('%s: %s, in time, without a word of its own', async (mode, failure) => {
    const began = performance.now();
    const error = await failureOf(`${faulty.url}/${mode}/{externalId}`);
    expect(performance.now() - began).toBeLessThan(HASTY.totalMs + BUSY_MS);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ failure, service: 'support', extensions: { code: 'SERVICE_UNAVAILABLE' } });
    expect(`${error}${JSON.stringify(error)}`).not.toMatch(/CANARY|127\.0\.0\.1|\/e\b/);
  });

  it('refuse: SERVICE_UNREACHABLE', async () => {
    expect(await failureOf(`http://127.0.0.1:${await freePort()}/{externalId}`)).toMatchObject({
      failure: 'SERVICE_UNREACHABLE',
    });
  });

  it('throws the reason of a caller that gives up, not an error of the service', async () => {
    const connector = connectorTo(`${faulty.url}/hang/{externalId}`);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('given up')), 50);
    const subject = { accountId: 'a', externalId: 'e', emails: [], phones: [] };
    await expect(allPages(connector, subject, stop.signal)).rejects.toThrow('given up');
    await connector.close();
  });

  it('says within two seconds that it is not well', async () => {
    const connector = connectorTo(`${faulty.url}/hang/{externalId}`);
    const began = performance.now();
    expect(await connector.health()).toEqual({ healthy: false, reason: 'Support desk did not answer in time.' });
    expect(performance.now() - began).toBeLessThan(2_000);
    await connector.close();
  });

  it.runIf(process.platform === 'linux')('leaves no file descriptor behind (R-24)', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    const limits = { ...HASTY, firstByteMs: 50, totalMs: 100 };
    const connectors = FAULTS.filter(([mode]) => mode !== 'big' && mode !== 'bomb').map(([mode]) =>
      httpConnector(
        service({
          kind: 'http',
          url: `${faulty.url}/${mode}/{externalId}`,
          audience: 'a',
          queryScope: 'q',
          deleteScope: 'd',
        }),
        plainCredentials,
        { exportLimits: limits },
      ),
    );
    const subject = { accountId: 'a', externalId: 'e', emails: [], phones: [] };
    for (let round = 0; round < 20; round += 1) {
      const calls = connectors.map((connector) => allPages(connector, subject));
      expect((await Promise.allSettled(calls)).filter(({ status }) => status === 'fulfilled')).toEqual([]);
    }
    await Promise.all(connectors.map((connector) => connector.close()));
    await expect.poll(open, { timeout: 5_000 }).toBeLessThanOrEqual(before + 5);
  });
});
