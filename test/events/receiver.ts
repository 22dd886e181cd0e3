import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One request as the service got it. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly isTaken: boolean;
}

interface Behaviour {
  status?: number;
  /** Before it answers. */
  ms?: number;
  /** A text: what holds it is answered with 500. */
  refuses?: string | null;
  location?: string | null;
}

/** A service in a process of its own, that events are sent to. */
export interface Receiver {
  readonly url: string;
  /** All it has got so far. */
  received(): Promise<Received[]>;
  behave(behaviour: Behaviour): void;
  /** Nobody listens at its address any more. */
  close(): Promise<void>;
  /** It listens again, at the same address. */
  open(): Promise<void>;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const child = fork(fileURLToPath(new URL('receiver.mjs', import.meta.url)));
  const { port } = await heard(child, 'port');
  const all: Received[] = [];
  const ask = async (message: object, key: string) => {
    const answer = heard(child, key);
    child.send(message);
    return answer;
  };
  return {
    url: `http://127.0.0.1:${port}/told`,
    received: async () => {
      const { got } = await ask({ ask: all.length + 1 }, 'got');
      all.push(...(got as Received[]));
      return [...all];
    },
    behave: (behave) => void child.send({ behave }),
    close: async () => void (await ask({ close: true }, 'closed')),
    open: async () => void (await ask({ listen: port }, 'port')),
    stop: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      }),
  };
}

function heard(child: ChildProcess, key: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const listener = (message: Record<string, unknown>) => {
      if (!(key in message)) return;
      child.off('message', listener);
      resolve(message);
    };
    child.on('message', listener);
  });
}
