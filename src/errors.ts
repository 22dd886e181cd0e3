import { GraphQLError } from 'graphql';

/**
 * The one catalogue of what Habeas tells a caller when it cannot do what was asked. Each entry: the code of
 * `extensions.code` (the public contract) and the HTTP status for routes outside GraphQL.
 */
export const ERROR_STATUS = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  NOT_FOUND: 404,
  GONE: 410,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  QUERY_TOO_COMPLEX: 400,
  PURPOSE_NOT_PERMITTED: 403,
  SERVICE_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** An error whose message is written for the caller: it names the argument and the mend, never data, SQL or a stack. */
export class HabeasError extends GraphQLError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message, { extensions: { code, ...details } });
    this.name = 'HabeasError';
    this.code = code;
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

export const unauthenticated = (message = 'Say who is calling: send "Authorization: Bearer <token>".') =>
  new HabeasError('UNAUTHENTICATED', message);
export const forbidden = (message: string) => new HabeasError('FORBIDDEN', message);
export const badInput = (argument: string, message: string) =>
  new HabeasError('BAD_USER_INPUT', `${argument}: ${message}`, { argument });
export const notFound = (message: string) => new HabeasError('NOT_FOUND', message);
export const conflict = (message: string) => new HabeasError('CONFLICT', message);

/** What may be told of a service that could not answer; `code` keeps "no connection" and "bad answer" apart. */
export type ServiceFailureCode = 'SERVICE_UNREACHABLE' | 'SERVICE_ANSWER_INVALID' | 'SERVICE_REFUSED_US';

/**
 * A service did not answer as its contract says. The message is safe to show to the person and to staff: it never
 * holds the service's own words, an address or data.
 */
export class ServiceError extends HabeasError {
  readonly failure: ServiceFailureCode;

  constructor(
    readonly service: string,
    failure: ServiceFailureCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super('SERVICE_UNAVAILABLE', message, { service, failure });
    this.name = 'ServiceError';
    this.failure = failure;
    if (options?.cause !== undefined) this.cause = options.cause;
  }
}
