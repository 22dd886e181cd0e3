import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { accountId } from '../../bench/gateway/people.js';
import { QUESTIONS } from '../../bench/gateway/questions.js';
import type { Job } from '../../bench/load/job.js';
import { runStretch } from '../../bench/load/stretch.js';
import { median, type Run, ratiosOf } from '../../bench/report.js';

const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

/** Something that answers the question about one person, in the way given. */
async function answering(answer: (response: ServerResponse, id: string) => void): Promise<Job> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    answer(response, JSON.parse(body).variables.id);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  return { url, headers: {}, question: 'one', concurrency: 4, seconds: 0.1, seed: 'test', accounts: 20 };
}

const whole = (id: string) => JSON.stringify({ data: QUESTIONS.one.answer([id]) });

describe('the load', () => {
  it('counts whole answers, with a length or in chunks', async () => {
    const withLength = await runStretch(await answering((response, id) => response.end(whole(id))));
    const inChunks = await runStretch(
      await answering((response, id) => {
        response.write(whole(id).slice(0, 100));
        setImmediate(() => response.end(whole(id).slice(100)));
      }),
    );
    for (const outcome of [withLength, inChunks]) {
      expect(outcome.rps).toBeGreaterThan(20);
      expect(outcome.p50Ms).toBeLessThanOrEqual(outcome.p99Ms);
      expect(outcome.requests).toBeGreaterThanOrEqual(8);
    }
  });

  it.each([
    ['an error', () => '{"errors":[{"message":"no"}],"data":{}}'],
    ['a null', (id: string) => whole(id).replace(/"read":(true|false)/, '"read":null')],
    ["another person's data", () => whole(accountId(21))],
  ])('fails at %s', async (_what, text) => {
    await expect(runStretch(await answering((response, id) => response.end(text(id))))).rejects.toThrow(
      /an answer is not/,
    );
  });

  it('fails at a status that is no success, and at a connection that is closed', async () => {
    const unavailable = await answering((response, id) => response.writeHead(503).end(whole(id)));
    await expect(runStretch(unavailable)).rejects.toThrow('503');
    const closing = await answering((response) => response.destroy());
    await expect(runStretch(closing)).rejects.toThrow(/closed|ECONNRESET/);
  });

  it('asks about the same people for the same seed', async () => {
    const asked = async (seed: string) => {
      const ids: string[] = [];
      const job = await answering((response, id) => {
        ids.push(id);
        response.end(whole(id));
      });
      await runStretch({ ...job, seed, concurrency: 1 });
      return ids.join(' ').slice(0, 500);
    };
    const [one, again, other] = [await asked('a'), await asked('a'), await asked('b')];
    // One run may get further than another.
    const length = Math.min(one.length, again.length, other.length);
    expect(length).toBeGreaterThan(30);
    expect(again.slice(0, length)).toBe(one.slice(0, length));
    expect(other.slice(0, length)).not.toBe(one.slice(0, length));
  });
});

describe('the report', () => {
  it('tells how many times as much Habeas answers as each other subject of the same case', () => {
    const run = (name: string, subject: string, rps: number): Run => {
      return { case: name, subject, rps, p50_ms: 1, p99_ms: 2, cpu_ms: 1, subrequests: 4 };
    };
    const runs = [run('a', 'habeas', 300), run('a', 'x', 100), run('b', 'habeas', 10), run('b', 'y', 40)];
    expect(ratiosOf(runs)).toEqual({ a: { x: 3 }, b: { y: 0.25 } });
  });

  it('takes the middle of its rounds', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});
