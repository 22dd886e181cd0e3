import type { ServiceFailureCode } from '../../../src/errors.js';

/** What Habeas makes of each way `faulty.mjs` breaks, whatever a service speaks. */
export const FAULTS: readonly (readonly [mode: string, failure: ServiceFailureCode])[] = [
  ['hang', 'SERVICE_UNREACHABLE'],
  ['drip', 'SERVICE_UNREACHABLE'],
  ['cut', 'SERVICE_UNREACHABLE'],
  ['cut-chunked', 'SERVICE_UNREACHABLE'],
  ['500', 'SERVICE_ANSWER_INVALID'],
  ['502', 'SERVICE_ANSWER_INVALID'],
  ['429', 'SERVICE_ANSWER_INVALID'],
  ['503', 'SERVICE_ANSWER_INVALID'],
  ['html', 'SERVICE_ANSWER_INVALID'],
  ['shape', 'SERVICE_ANSWER_INVALID'],
  ['list', 'SERVICE_ANSWER_INVALID'],
  ['errors', 'SERVICE_ANSWER_INVALID'],
  ['deep', 'SERVICE_ANSWER_INVALID'],
  ['abyss', 'SERVICE_ANSWER_INVALID'],
  ['big', 'SERVICE_ANSWER_INVALID'],
  ['bomb', 'SERVICE_ANSWER_INVALID'],
  ['no-gzip', 'SERVICE_ANSWER_INVALID'],
  ['chain', 'SERVICE_ANSWER_INVALID'],
  ['headers', 'SERVICE_ANSWER_INVALID'],
  ['redirect', 'SERVICE_ANSWER_INVALID'],
  ['latin1', 'SERVICE_ANSWER_INVALID'],
  ['garbage', 'SERVICE_ANSWER_INVALID'],
];

/** Limits small enough for a test on a busy machine. */
export const HASTY = { firstByteMs: 1_000, totalMs: 2_500, maxBytes: 5 * 1024 * 1024 };

/** How much later than its limit a call may be told to have failed on a busy machine. Milliseconds. */
export const BUSY_MS = 3_000;
