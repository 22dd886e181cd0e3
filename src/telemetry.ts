import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * Logs are JSON lines of keys chosen by us: names, codes, counts and durations. Error messages from libraries are not
 * logged, because drivers put statements and values into them.
 */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** What of an error may be logged: its kind and codes, never its message. */
export function describeError(error: unknown): { error: string; code?: string; at?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const code = codeOf(error) ?? codeOf(cause);
  const at = error.stack
    ?.split('\n')
    .find((line) => line.trimStart().startsWith('at ') && !line.includes('node_modules'))
    ?.trim()
    .replace(/\(?(file:\/\/)?\/.*\/(dist\/)?((src|test|examples)\/)/, '$3')
    .replace(/\)$/, '');
  return {
    error: cause ? `${error.name}: ${cause.name}` : error.name,
    ...(code ? { code } : {}),
    ...(at ? { at } : {}),
  };
}

function codeOf(error: Error | undefined): string | undefined {
  const code = error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
