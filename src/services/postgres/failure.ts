import { HabeasError, ServiceError, type ServiceFailureCode } from '../../errors.js';
import { ConnectionLost } from '../failures.js';
import type { Service } from '../service.js';
import { SchemaMismatch } from './places.js';

/** SQLSTATE codes or classes, and what they mean to us. The database's own words may hold data and are left out. */
const MEANING: readonly (readonly [RegExp, ServiceFailureCode, string])[] = [
  [/^57014$/, 'SERVICE_UNREACHABLE', 'took too long to answer'],
  [/^(08...|57P0[1-5]|53...)$/, 'SERVICE_UNREACHABLE', 'cannot take questions now'],
  [/^(28...|42501)$/, 'SERVICE_REFUSED_US', 'refused us: its role must be allowed to connect and to read the tables'],
  [/^3D000$/, 'SERVICE_REFUSED_US', 'has no database of that name: correct connection.postgres.url'],
  [
    /^(42P01|42703|3F000|42883)$/,
    'SERVICE_ANSWER_INVALID',
    'is not built as its manifest says: run "habeas services check"',
  ],
  [/^[0-9A-Z]{5}$/, 'SERVICE_ANSWER_INVALID', 'could not answer the question'],
];

/** Codes of the driver and the network for a connection that could not be made, or was lost: not for one that hangs. */
const LOST = new Set(['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** Whatever went wrong between us and a database, as an error that is safe to show. */
export function toServiceError(service: Service, error: unknown): HabeasError {
  if (error instanceof HabeasError) return error;
  if (error instanceof SchemaMismatch) {
    return new ServiceError(service.name, 'SERVICE_ANSWER_INVALID', `${service.title}: ${error.message}.`);
  }
  const code = sqlState(error);
  const [, failure, words] = MEANING.find(([codes]) => codes.test(code)) ?? [];
  if (!failure) {
    const Kind = LOST.has(driverCode(error)) ? ConnectionLost : ServiceError;
    return new Kind(service.name, 'SERVICE_UNREACHABLE', `${service.title} cannot be reached.`);
  }
  return new ServiceError(service.name, failure, `${service.title} ${words} (SQLSTATE ${code}).`);
}

const driverCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** The SQLSTATE of a database's error; of a failed connection, something else or nothing. */
export function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'severity' in error
    ? error.code
    : '';
}
