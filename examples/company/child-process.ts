import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** One service of the demo, running in a process of its own. */
export interface RunningService {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  /** Asks it to end and waits; after five seconds it is killed. Does nothing where it has ended. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly name: string;
  /** Compiled file that runs the service. */
  readonly script: string;
  /** The only environment it gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Told, in one line, of what the service says on its error output and of an end nobody asked for. */
  readonly log: (line: string) => void;
}

const READY_WITHIN = 60_000;
const STOP_WITHIN = 5_000;

/** Starts a service and waits until it says where it listens. Throws with its last words when it ends first. */
export async function startChild({ name, script, env, log }: ChildOptions): Promise<RunningService> {
  // The child ends when its standard input does: with us, however we end.
  const child = spawn(process.execPath, [script], { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stopping = false;
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords.push(line);
    lastWords.splice(0, lastWords.length - 10);
    log(`${name}: ${line}`);
  });
  // Writing to a child that has just ended is no error of ours.
  child.stdin.on('error', () => {});
  const url = await ready(child, name, lastWords);
  child.once('exit', (code, signal) => {
    if (!stopping) log(`${name}: ended unasked (${signal ?? `code ${code}`})`);
  });
  return {
    name,
    pid: child.pid ?? 0,
    url,
    stop() {
      stopping = true;
      return stopChild(child);
    },
  };
}

function ready(child: ChildProcess, name: string, lastWords: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${name} did not start within ${READY_WITHIN / 1000} seconds.`));
    }, READY_WITHIN);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with ${code} before it was ready: ${lastWords.join('\n')}`));
    });
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve((JSON.parse(line) as { url: string }).url);
    });
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN);
  await ended;
  clearTimeout(timer);
}
