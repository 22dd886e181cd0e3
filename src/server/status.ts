import { ERROR_STATUS, type ErrorCode } from '../errors.js';

/**
 * GraphQL over HTTP: a well-formed request that asks for plain JSON is answered with 200, its errors in the body;
 * what an error means for HTTP is said only to those who ask for application/graphql-response+json. But a caller who
 * must say who they are is told so with 401 in either case, and what is our own fault with 500.
 */
export function statusOfAnswer(code: unknown, asksForStatus: boolean): number {
  const status = Object.hasOwn(ERROR_STATUS, String(code)) ? ERROR_STATUS[code as ErrorCode] : 500;
  return asksForStatus || status === 401 || status >= 500 ? status : 200;
}
