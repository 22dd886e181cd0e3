import type { Sql } from 'postgres';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import type { Keys } from './crypto/keys.js';
import type { Db } from './database/database.js';
import type { Notifications } from './database/notifications.js';
import type { Caller } from './gate/caller.js';
import type { Registry } from './services/registry.js';
import type { Logger } from './telemetry.js';

/** What a running Habeas is made of: handed to resolvers and job handlers, so that nothing is global. */
export interface World {
  readonly config: Config;
  /** The address callers reach us at, without a slash at its end. */
  readonly publicUrl: string;
  readonly db: Db;
  /** For statements on the path of every request, which are prepared once and asked as they stand. */
  readonly sql: Sql;
  readonly keys: Keys;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly notifications: Notifications;
}

/** One GraphQL request. Loaders are kept per context, so that no two callers share an answer. */
export interface RequestContext {
  readonly world: World;
  /** Where it comes from; left out where it came by no network. */
  readonly address?: string;
  /** Whether `Sec-GPC: 1` (Global Privacy Control) came with it. */
  readonly isSignalled?: boolean;
  /** A person who registers themself owns their account from then on; nothing else changes it. */
  caller: Caller;
}
