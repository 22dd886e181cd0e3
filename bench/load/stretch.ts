import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { accountId, diceOf } from '../gateway/people.js';
import { QUESTIONS, type Question } from '../gateway/questions.js';
import { AnswerReader } from './answer-reader.js';
import { requireAnswer, requireWhole } from './check.js';
import type { Job, Outcome } from './job.js';

const NO_ANSWER_MS = 20_000;
/** One answer in so many is compared with what a whole one is, all are looked over. */
const COMPARED = 50;

/**
 * A closed loop: each connection has one request under way, and the next follows its answer. The first answer that is
 * not whole ends it all.
 */
export async function runStretch(job: Job): Promise<Outcome> {
  const { hostname, port } = new URL(job.url);
  const sockets = await Promise.all(
    Array.from({ length: job.concurrency }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, 'connect');
      return socket;
    }),
  );
  const stretch = new Stretch(job);
  const watch = setInterval(() => stretch.requireProgress(), 1_000);
  try {
    await Promise.all(sockets.map((socket) => stretch.askThrough(socket)));
    return stretch.outcome();
  } finally {
    clearInterval(watch);
    for (const socket of sockets) socket.destroy();
  }
}

class Stretch {
  private readonly question: Question;
  private readonly dice;
  private readonly write: (ids: readonly string[]) => string;
  private readonly begun = performance.now();
  private readonly latencies: number[] = [];
  private lastAnswer = this.begun;
  private answers = 0;
  private measuredFrom: number | null = null;
  private measuredTo: number | null = null;
  private readonly failed: ((error: Error) => void)[] = [];

  constructor(private readonly job: Job) {
    this.question = QUESTIONS[job.question];
    this.dice = diceOf(job.seed);
    this.write = requestWriter(job, this.question);
  }

  /** Resolves when the time is over and the last answer has come. */
  askThrough(socket: Socket): Promise<void> {
    const reader = new AnswerReader();
    let ids: string[] = [];
    let sentAt = 0;
    const ask = () => {
      ids = this.draw();
      sentAt = performance.now();
      socket.write(this.write(ids), 'latin1');
    };
    return new Promise((resolve, reject) => {
      this.failed.push(reject);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('a connection was closed before its answer came')));
      socket.on('data', (part) => {
        try {
          const answer = reader.push(part);
          if (!answer) return;
          requireAnswer(answer);
          if (this.answers % COMPARED === 0) requireWhole(answer, this.question, ids);
          if (this.note(sentAt)) resolve();
          else ask();
        } catch (error) {
          reject(error);
        }
      });
      ask();
    });
  }

  requireProgress(): void {
    if (performance.now() - this.lastAnswer < NO_ANSWER_MS) return;
    for (const fail of this.failed) fail(new Error('no answer came for 20 seconds'));
  }

  outcome(): Outcome {
    const sorted = this.latencies.sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
    const seconds = ((this.measuredTo ?? 0) - (this.measuredFrom ?? 0)) / 1_000;
    return { rps: sorted.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), requests: this.answers };
  }

  private draw(): string[] {
    const ids = new Set<string>();
    while (ids.size < this.question.people) ids.add(accountId(this.dice(this.job.accounts)));
    return [...ids];
  }

  /** Takes an answer into account; true where nothing more is to be asked. */
  private note(sentAt: number): boolean {
    const now = performance.now();
    this.lastAnswer = now;
    this.answers += 1;
    if (this.measuredFrom === null) {
      if (this.answers >= this.job.concurrency && now - this.begun >= this.job.seconds * 250) this.measuredFrom = now;
    } else if (this.measuredTo === null) {
      this.latencies.push(now - sentAt);
      const isLong = now - this.measuredFrom >= this.job.seconds * 1_000;
      if (isLong && this.latencies.length >= this.job.concurrency) this.measuredTo = now;
    }
    return this.measuredTo !== null;
  }
}

function requestWriter({ url, headers }: Job, question: Question): (ids: readonly string[]) => string {
  const { host, pathname } = new URL(url);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}`,
    'content-type: application/json',
    'accept: application/json',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const query = JSON.stringify(question.query);
  return (ids) => {
    const body = `{"query":${query},"variables":${JSON.stringify(question.variables(ids))}}`;
    return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
}
