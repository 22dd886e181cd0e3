import type postgres from 'postgres';

/** Postgres' NOTIFY as streams, for every process over the same database. */
export interface Notifications {
  /**
   * Payloads of a channel from the moment this resolves, until `return()` is called. `MISSED` comes where some may have
   * been lost because the connection broke: look for yourself.
   */
  subscribe(channel: string): Promise<AsyncIterableIterator<string>>;
}

export const MISSED = '';

/** Payloads a slow reader may fall behind; the oldest go first, because only the newest state matters. */
const BACKLOG = 1_000;

type Listener = (payload: string) => void;

/** One LISTEN per channel, shared by all who subscribe to it; it is taken up again after the connection broke. */
export function notifications(sql: postgres.Sql): Notifications {
  const channels = new Map<string, Promise<Set<Listener>>>();
  const listen = async (channel: string): Promise<Set<Listener>> => {
    const listeners = new Set<Listener>();
    const tell = (payload: string) => {
      for (const listener of listeners) listener(payload);
    };
    // The driver says so each time it listens again: nobody hears what came in between.
    await sql.listen(channel, tell, () => tell(MISSED));
    return listeners;
  };
  return {
    subscribe: async (channel) => {
      const listening = channels.get(channel) ?? listen(channel);
      channels.set(channel, listening);
      try {
        return stream(await listening);
      } catch (error) {
        channels.delete(channel);
        throw error;
      }
    },
  };
}

function stream(listeners: Set<Listener>): AsyncIterableIterator<string> {
  const waiting: string[] = [];
  let wake: (() => void) | null = null;
  let ended = false;
  const listener: Listener = (payload) => {
    waiting.push(payload);
    if (waiting.length > BACKLOG) waiting.shift();
    wake?.();
  };
  listeners.add(listener);
  const end = () => {
    ended = true;
    listeners.delete(listener);
    wake?.();
  };
  return {
    next: async () => {
      while (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const value = waiting.shift();
      return ended || value === undefined ? { done: true, value: undefined } : { done: false, value };
    },
    return: async () => {
      end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
