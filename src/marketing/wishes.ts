import type { Wishes } from './preferences.js';

/** Wishes as they come over the wire, where null is as good as left out. */
export interface WrittenWishes {
  readonly optOutOfAll?: boolean | null;
  readonly channels?: Wishes['channels'] | null;
  readonly topics?: Wishes['topics'] | null;
}

export function wishesOf({ optOutOfAll, channels, topics }: WrittenWishes): Wishes {
  return { optOutOfAll: optOutOfAll ?? undefined, channels: channels ?? undefined, topics: topics ?? undefined };
}
