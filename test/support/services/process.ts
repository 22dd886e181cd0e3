import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A service running in a process of its own. */
export interface RunningService {
  /** Without a path. */
  readonly url: string;
  /** Makes the service do something it takes messages for. */
  tell(message: Record<string, string | number | boolean>): void;
  /** The same, for a service that says when it is done. */
  told(message: Record<string, string | number | boolean>): Promise<void>;
  /** The requests it has had since last asked. */
  calls(): Promise<readonly ServiceCall[]>;
  stop(): Promise<void>;
}

export interface ServiceCall {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | null;
  readonly body: string;
}

/** Starts a script beside this file; it sends its port by IPC when it listens. */
export async function startService(script: string, ...args: string[]): Promise<RunningService> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    tell: (message) => child.send(message),
    told: async (message) => {
      const done = once(child, 'message');
      child.send(message);
      await done;
    },
    calls: async () => (await fetch(`${url}/calls`)).json() as Promise<ServiceCall[]>,
    stop: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}
