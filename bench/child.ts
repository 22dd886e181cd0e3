import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';

/** A process of the measurement. It ends with this one, however that ends. */
export interface Child {
  readonly pid: number;
  /** Sends a message and waits for the one that answers it. Throws where the process ends first. */
  ask<Answer>(message: Serializable): Promise<Answer>;
  /** Waits for a message. Throws where the process ends first. */
  hear<Answer>(): Promise<Answer>;
  /** Throws where the process has ended. */
  requireAlive(): void;
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly args?: readonly string[];
  /** Options of Node itself. */
  readonly node?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** As `npm start` has it, in MB; everybody measured has the same. */
const YOUNG_GENERATION = ['--max-semi-space-size=32'];

const STOP_WITHIN_MS = 15_000;
const REMEMBERED = 2_000;

/** Runs a file of JavaScript in a process of its own, with no more of our environment than it needs. */
export function startChild(file: URL, { args = [], node = [], env = {} }: ChildOptions = {}): Child {
  const child = fork(file, args, {
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env },
    execArgv: [...YOUNG_GENERATION, ...node],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const said = lastWords(child);
  const requireAlive = () => {
    const ended = child.exitCode ?? child.signalCode;
    if (ended !== null) throw new Error(`${file.pathname} ended with ${ended}: ${said()}`);
  };
  const hear = async <Answer>(): Promise<Answer> => {
    requireAlive();
    const over = new AbortController();
    const { signal } = over;
    try {
      const heard = await Promise.race([
        once(child, 'message', { signal }).then(([message]) => ({ message: message as Answer })),
        once(child, 'exit', { signal }).then(([code, by]) => ({ ended: by ?? code })),
      ]);
      if ('message' in heard) return heard.message;
      throw new Error(`${file.pathname} ended with ${heard.ended}: ${said()}`);
    } finally {
      over.abort();
    }
  };
  return {
    pid: child.pid ?? 0,
    hear,
    ask(message) {
      const answer = hear<never>();
      child.send(message);
      return answer;
    },
    requireAlive,
    stop: () => stopChild(child),
  };
}

/** Reads what a process says, so that it never waits for us, and remembers the end of it. */
function lastWords({ stdout, stderr }: ChildProcess): () => string {
  let said = '';
  for (const stream of [stdout, stderr]) {
    stream?.on('data', (chunk) => {
      said = (said + chunk).slice(-REMEMBERED);
    });
  }
  return () => said;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}
