import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { findServer, releaseStaleLock } from './embedded-processes.js';

const REVIVALS = 40;
const BETWEEN_REVIVALS_MS = 250;

/** Starts the server and starts it again where it ends unasked. Answers how to stop it. */
export async function keepUp(command: string[], directory: string): Promise<() => Promise<void>> {
  let stopping = false;
  let guardian = spawnGuarded(command, directory);
  await ready(guardian);
  const revive = async () => {
    for (let attempt = 0; attempt < REVIVALS && !stopping; attempt++) {
      // Processes of the one that was killed may hold its memory for a moment.
      await delay(BETWEEN_REVIVALS_MS, undefined, { ref: false });
      await findServer(directory).catch(() => null); // stops one that has lost its guardian
      if (stopping) return;
      releaseStaleLock(directory);
      guardian = spawnGuarded(command, directory);
      if (await ready(guardian).then(watch, () => false)) return;
    }
  };
  const watch = () => {
    const { stderr, stdio } = guardian;
    guardian.once('exit', () => {
      for (const pipe of [stderr, stdio[3]]) pipe?.destroy(); // what is left of a killed guardian holds them open
      void revive();
    });
    return true;
  };
  watch();
  return () => {
    stopping = true;
    return stopGuarded(guardian);
  };
}

/**
 * The shell stays between us and Postgres: when the pipe on descriptor 3 closes, because we said so or because we
 * were killed, it stops the server. When the server ends first, nothing is left that could signal its number.
 */
function spawnGuarded(command: string[], cwd: string): ChildProcess {
  const script =
    '"$0" "$@" & p=$!; trap "" INT TERM; (read x; kill -INT $p) <&3 & k=$!; wait $p; s=$?; kill -9 $k; exit $s';
  const guardian = spawn('/bin/sh', ['-c', script, ...command], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  guardian.stdio[3]?.on('error', () => {}); // closed at the other end: "exit" tells
  return guardian;
}

function ready(guardian: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    guardian.once('error', reject);
    guardian.once('exit', (code) => reject(new Error(`Postgres ended with ${code}: ${said.slice(-2000)}`)));
    guardian.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4000);
      if (said.includes('ready to accept connections')) {
        guardian.stderr?.removeAllListeners('data').resume();
        resolve();
      }
    });
  });
}

function stopGuarded(guardian: ChildProcess): Promise<void> {
  if (guardian.exitCode !== null || guardian.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    guardian.once('exit', () => resolve());
    (guardian.stdio[3] as NodeJS.WritableStream).end('stop\n');
  });
}
