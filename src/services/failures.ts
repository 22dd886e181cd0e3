import { ServiceError } from '../errors.js';

/** Kinds of failure that Habeas treats apart. To callers each is a `ServiceError` like any other. */

/** No connection could be made, or it broke off: what may be asked twice may be asked once more. */
export class ConnectionLost extends ServiceError {}

/** The service answers, and says no to this question (status 4xx): nothing is wrong with the service itself. */
export class Declined extends ServiceError {}

/** Whether an HTTP status declines this question, rather than tell of trouble (408, 429) or be no answer at all. */
export const isDeclined = (status: number): boolean =>
  status >= 400 && status < 500 && status !== 408 && status !== 429;

/** The service was not called at all: it is given time to recover, or has all the calls it may get. */
export class NotAsked extends ServiceError {}
