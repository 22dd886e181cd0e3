import type { Child } from './child.js';
import { cpuMs } from './cpu.js';
import type { QuestionName } from './gateway/questions.js';
import type { Job, Outcome } from './load/job.js';
import { median, type Run, rounded } from './report.js';

/** Something that answers questions. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Its processes: the first is what it is itself, the others it needs beside it. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

/** One question at one concurrency, to several subjects. */
export interface Case {
  readonly name: string;
  readonly question: QuestionName;
  readonly concurrency: number;
  readonly subjects: readonly Subject[];
}

export interface MeasureOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly accounts: number;
  /** The process that asks. */
  readonly asker: Child;
  /** How many requests services have got so far. */
  readonly subrequests: () => Promise<number>;
  readonly say: (line: string) => void;
}

interface Sample extends Outcome {
  /** By process of the subject, for one request. */
  readonly cpuMs: readonly (number | null)[];
  readonly subrequests: number;
}

/**
 * Measures every case in every round, the subjects one after the other, each round beginning with another of them, so
 * that what else happens on the machine falls on all alike.
 */
export async function measure(cases: readonly Case[], options: MeasureOptions): Promise<Run[]> {
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < options.rounds; round += 1) {
    for (const each of cases) {
      for (const subject of rotated(each.subjects, round)) {
        const sample = await takeSample(each, subject, `round ${round}`, options);
        const key = `${each.name} ${subject.name}`;
        samples.set(key, [...(samples.get(key) ?? []), sample]);
        const { rps, p50Ms } = sample;
        options.say(`round ${round + 1}  ${key.padEnd(28)} ${rps.toFixed(0).padStart(6)}/s  ${p50Ms.toFixed(1)} ms`);
      }
    }
  }
  return cases.flatMap((each) =>
    each.subjects.map((subject) => {
      const own = samples.get(`${each.name} ${subject.name}`) ?? [];
      noteOthers(each, subject, own, options.say);
      return summary(each, subject, own);
    }),
  );
}

/** Asks for a moment and forgets what came of it: compiled code, warm caches, open connections. */
export async function warmUp(cases: readonly Case[], options: MeasureOptions): Promise<void> {
  const done = new Set<string>();
  for (const each of cases) {
    for (const subject of each.subjects) {
      const key = `${each.question} ${subject.name}`;
      if (done.has(key)) continue;
      done.add(key);
      await ask({ ...each, concurrency: 16 }, subject, 'warm-up', options);
    }
  }
}

export async function ask(
  { question, concurrency }: Pick<Case, 'question' | 'concurrency'>,
  { name, url, headers }: Subject,
  seed: string,
  { asker, seconds, accounts }: Pick<MeasureOptions, 'asker' | 'seconds' | 'accounts'>,
): Promise<Outcome> {
  const job: Job = { url, headers, question, concurrency, seconds, seed, accounts };
  const { outcome, error } = await asker.ask<{ outcome?: Outcome; error?: string }>({ ...job });
  if (!outcome) throw new Error(`${name} failed at "${question}" with ${concurrency} at once: ${error}`);
  return outcome;
}

async function takeSample(each: Case, subject: Subject, seed: string, options: MeasureOptions): Promise<Sample> {
  const before = { cpu: subject.processes.map(({ pid }) => cpuMs(pid)), subrequests: await options.subrequests() };
  const outcome = await ask(each, subject, seed, options);
  const cpu = subject.processes.map(({ pid }, index) => {
    const [from, to] = [before.cpu[index] ?? null, cpuMs(pid)];
    return from === null || to === null ? null : (to - from) / outcome.requests;
  });
  return {
    ...outcome,
    cpuMs: cpu,
    subrequests: ((await options.subrequests()) - before.subrequests) / outcome.requests,
  };
}

function summary(each: Case, subject: Subject, samples: readonly Sample[]): Run {
  const of = (value: (sample: Sample) => number) => rounded(median(samples.map(value)));
  const isKnown = samples.every(({ cpuMs: [own] }) => typeof own === 'number');
  return {
    case: each.name,
    subject: subject.name,
    rps: of(({ rps }) => rps),
    p50_ms: of(({ p50Ms }) => p50Ms),
    p99_ms: of(({ p99Ms }) => p99Ms),
    cpu_ms: isKnown ? of(({ cpuMs: [own] }) => own ?? 0) : null,
    subrequests: of(({ subrequests }) => subrequests),
  };
}

/** Processor time of what a subject needs beside itself is told apart from the report. */
function noteOthers(each: Case, subject: Subject, samples: readonly Sample[], say: (line: string) => void): void {
  for (const [index, { name }] of subject.processes.entries()) {
    if (index === 0) continue;
    const taken = median(samples.map(({ cpuMs }) => cpuMs[index] ?? Number.NaN));
    say(`${each.name}: ${name} took ${rounded(taken)} ms of processor time for each request to ${subject.name}`);
  }
}

const rotated = <Item>(items: readonly Item[], by: number): Item[] =>
  items.map((_item, index) => items[(index + by) % items.length] as Item);
