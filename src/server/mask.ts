import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { ERROR_STATUS, type ErrorCode, HabeasError, unauthenticated } from '../errors.js';
import { LIMITS } from '../graph/limits.js';
import { describeError, type Logger } from '../telemetry.js';

const WHO = unauthenticated().message;
const INTERNAL = 'Something went wrong at our end; it has been logged. Try again, or tell us when this was.';

/** Words of validation messages that hold only names out of the schema or the caller's own query, never a value. */
const NAMES_ONLY =
  /^(Cannot (query field|spread)|Unknown (argument|field|fragment|type|directive|operation)|Fields? "|Fragment|Argument "|(The d|D)irective|Too many validation errors|Maximum introspection|Variable "\$\w+" (is|of|needed|never)|There can be only one|This anonymous|Subscription|Must provide|Operation|GraphQL (introspection|operations))/;
const WRONG_VARIABLE =
  /^Variable "(\$\w+)" got invalid value .*? at "([\w.[\]]+)";|^Variable "(\$\w+)" got invalid value/s;
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more that? \d+ tokens/;
const TOO_LONG = `The document has more than ${LIMITS.tokens} tokens: ask in several queries.`;
const TOO_ALIKE = 'The query selects the same fields over and over: select each once.';
const NO_PERSISTED_QUERIES = 'PERSISTED_QUERY_NOT_SUPPORTED';
const MISSING_VARIABLE =
  /^Variable "(\$\w+)" of (?:required|non-null) type "([\w![\]]+)" (?:was not provided|must not be null)/;

/**
 * What a caller is told of an error: the messages of our own catalogue as they are, the library's own words without
 * any value in them, and nothing of anything else.
 */
export function maskError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const own = findOwn(error);
  if (own) return withCode(formatted, own.code, own.message, own.extensions);
  const code = formatted.extensions?.code;
  const limit = formatted.extensions?.limit;
  if (typeof limit === 'string' && Object.hasOwn(LIMITS, limit)) {
    return withCode(formatted, 'QUERY_TOO_COMPLEX', formatted.message, { limit });
  }
  if (TOO_MANY_TOKENS.test(formatted.message)) {
    return withCode(formatted, 'QUERY_TOO_COMPLEX', TOO_LONG, { limit: 'tokens' });
  }
  if (formatted.message === 'Validation aborted.') {
    return withCode(formatted, 'QUERY_TOO_COMPLEX', TOO_ALIKE, { limit: 'repeatedFields' });
  }
  if (isInput(formatted)) return withCode(formatted, 'BAD_USER_INPUT', inputMessage(formatted));
  if (
    typeof code === 'string' &&
    Object.hasOwn(ERROR_STATUS, code) &&
    code !== 'INTERNAL_SERVER_ERROR' &&
    fromService(formatted)
  ) {
    return withCode(formatted, code as ErrorCode, formatted.message, formatted.extensions);
  }
  return withCode(formatted, 'INTERNAL_SERVER_ERROR', INTERNAL);
}

/**
 * For a stranger in production: what is wrong with a question names types and fields of the schema, so they are told
 * only to say who they are.
 */
export function hideSchema(error: GraphQLFormattedError): GraphQLFormattedError {
  return error.extensions?.code === 'BAD_USER_INPUT' ? withCode({ message: '' }, 'UNAUTHENTICATED', WHO) : error;
}

/** The library guesses what was meant; in production it names no fields that were not asked for. */
export function withoutGuesses(error: GraphQLFormattedError): GraphQLFormattedError {
  return { ...error, message: error.message.replace(/ Did you mean .+\?$/, '') };
}

/** An error of an answer as its caller is told of it; what is ours to look into is logged. */
export function tellError(error: GraphQLError, log: Logger): GraphQLFormattedError {
  const formatted = error.toJSON();
  return tellFormatted(
    { ...formatted, extensions: { code: 'INTERNAL_SERVER_ERROR', ...formatted.extensions } },
    error,
    log,
  );
}

/** The same for an error that has been given its form already. */
export function tellFormatted(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const told = maskError(formatted, error);
  if (told.extensions?.code === 'INTERNAL_SERVER_ERROR') {
    log.error({ path: formatted.path, ...describeError(originOf(error)) }, 'request failed');
  }
  return told;
}

function originOf(error: unknown): unknown {
  const original = error instanceof Error && 'originalError' in error ? error.originalError : undefined;
  return original instanceof Error ? originOf(original) : error;
}

function findOwn(error: unknown): HabeasError | null {
  for (let each = error; each instanceof Error; each = (each as GraphQLError).originalError) {
    if (each instanceof HabeasError) return each;
  }
  return null;
}

/** Errors that crossed the planner are copies: what was ours carries the names of our catalogue. */
function fromService({ extensions }: GraphQLFormattedError): boolean {
  return (
    extensions !== undefined &&
    (extensions.habeas === true || typeof extensions.service === 'string' || 'argument' in extensions)
  );
}

function isInput({ message, extensions }: GraphQLFormattedError): boolean {
  const code = extensions?.code;
  return (
    code === 'GRAPHQL_PARSE_FAILED' ||
    code === 'GRAPHQL_VALIDATION_FAILED' ||
    code === 'OPERATION_RESOLUTION_FAILURE' ||
    code === 'BAD_REQUEST' ||
    code === NO_PERSISTED_QUERIES ||
    WRONG_VARIABLE.test(message) ||
    MISSING_VARIABLE.test(message)
  );
}

function inputMessage({ message, extensions, locations }: GraphQLFormattedError): string {
  const at = locations?.[0] ? ` at line ${locations[0].line}, column ${locations[0].column}` : '';
  if (extensions?.code === NO_PERSISTED_QUERIES) return 'query: is missing: send the question itself, not its hash.';
  const missing = MISSING_VARIABLE.exec(message);
  if (missing) return `Variable "${missing[1]}" is needed, as ${missing[2]}.`;
  const wrong = WRONG_VARIABLE.exec(message);
  if (wrong) {
    const where = wrong[2] ? `"${wrong[2]}" of variable "${wrong[1]}"` : `Variable "${wrong[3]}"`;
    return `${where} has a value that does not fit: ${expectation(message)}.`;
  }
  if (extensions?.code === 'GRAPHQL_PARSE_FAILED') {
    return `The document is not GraphQL: syntax error${at}.`;
  }
  if (extensions?.code === 'GRAPHQL_VALIDATION_FAILED' && !NAMES_ONLY.test(message)) {
    return `A value${at} does not fit: ${expectation(message)}.`;
  }
  return message;
}

/** What would fit, out of the library's message: names of types and fields, never the value. */
function expectation(message: string): string {
  const unknownValue = / does not exist in "(\w+)" enum\./.exec(message);
  if (unknownValue) return `it must be one of the values of ${unknownValue[1]}`;
  const notDefined = / is not defined by type "(\w+)"\./.exec(message);
  if (notDefined) return `${notDefined[1]} has no field of that name`;
  const absent = /Field "(\w+)" of required type "([\w![\]]+)" was not provided\./.exec(message);
  if (absent) return `the field "${absent[1]}", a ${absent[2]}, is missing`;
  const type =
    /Expected (?:non-nullable type|type|value of type) "([\w![\]]+)"|(?:Enum )"?(\w+)"? cannot represent|\b(\w+) cannot represent/.exec(
      message,
    );
  const named = type?.[1] ?? type?.[2] ?? type?.[3];
  return named ? `it must be of type ${named}` : 'see the type of the argument in the schema';
}

function withCode(
  { locations, path }: GraphQLFormattedError,
  code: ErrorCode,
  message: string,
  extensions: Readonly<Record<string, unknown>> = {},
): GraphQLFormattedError {
  const { stacktrace: _stack, http: _http, habeas: _habeas, serviceName: _name, ...rest } = extensions;
  return {
    message,
    ...(locations ? { locations } : {}),
    ...(path ? { path } : {}),
    extensions: { ...rest, code },
  };
}
