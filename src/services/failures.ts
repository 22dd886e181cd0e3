import { ServiceError } from '../errors.js';

/** Kinds of failure that Habeas treats apart. To callers each is a `ServiceError` like any other. */

/** No connection could be made, or it broke off: what may be asked twice may be asked once more. */
export class ConnectionLost extends ServiceError {}

/** The service answers, and says no to this question (status 4xx): nothing is wrong with the service itself. */
export class Declined extends ServiceError {}

/** The service was not called at all: it is given time to recover, or has all the calls it may get. */
export class NotAsked extends ServiceError {}
