import type postgres from 'postgres';

/** Postgres' NOTIFY as streams, for every process over the same database. */
export interface Notifications {
  /** Payloads of a channel as they come, until `return()` is called. */
  subscribe(channel: string): AsyncIterableIterator<string>;
}

/** Payloads a slow reader may fall behind; the oldest go first, because only the newest state matters. */
const BACKLOG = 1_000;

type Listener = (payload: string) => void;

/** One LISTEN per channel, shared by all who subscribe to it; it is taken up again after the connection broke. */
export function notifications(sql: postgres.Sql): Notifications {
  const channels = new Map<string, Set<Listener>>();
  const listenersOf = (channel: string): Set<Listener> => {
    let listeners = channels.get(channel);
    if (!listeners) {
      const fresh = new Set<Listener>();
      listeners = fresh;
      channels.set(channel, fresh);
      sql
        .listen(channel, (payload) => {
          for (const listener of fresh) listener(payload);
        })
        .catch(() => channels.delete(channel));
    }
    return listeners;
  };
  return { subscribe: (channel) => stream(listenersOf(channel)) };
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
