import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedPostgresAt } from '../support/database.js';
import { ask, embeddedUser, parentOf, until } from './embedded-process.js';

let folder: string;
let directory: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-acknowledged-'));
  directory = path.join(folder, 'postgres');
  embeddedPostgresAt(directory);
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

describe('R-04: acknowledged is stored', () => {
  const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 6);

  it(`in ${ROUNDS} rounds of kill -9: of Node, of Node and the server, of Node, the server and its guardian`, async () => {
    const acknowledged = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      const user = await embeddedUser(directory, 'insert');
      if (round > 0) {
        const found = await ask<{ id: string }>(user.url, 'select id from acknowledged');
        const ids = new Set(found.map(({ id }) => Number(id)));
        expect(
          [...acknowledged].filter((id) => !ids.has(id)),
          `round ${round}`,
        ).toEqual([]);
      }
      await until('rows are stored', () => user.said.length > 5);
      const guardian = parentOf(user.pid);
      const victims = [[], [user.pid], [user.pid, guardian]][round % 3] ?? [];
      const dead = user.kill();
      for (const victim of victims) process.kill(victim, 'SIGKILL');
      await dead;
      for (const { stored } of user.said) for (const id of stored ?? []) acknowledged.add(id);
    }
    expect(acknowledged.size).toBeGreaterThan(ROUNDS * 20);
  }, 240_000);
});
