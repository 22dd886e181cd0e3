import fc from 'fast-check';
import {
  buildSchema,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { badInput, ServiceError } from '../../src/errors.js';
import { hideSchema, maskError, withoutGuesses } from '../../src/server/mask.js';

const schema = buildSchema(`
  enum Colour { RED GREEN }
  input Shape { colour: Colour! size: Int sides: [Int!] inner: Shape }
  type Query { draw(shape: Shape, id: ID, ratio: Float, on: Boolean, colours: [Colour!]): String }`);

/** What a caller is told of the errors a document and its variables have. */
function told(text: string, variables: Record<string, unknown> = {}): string[] {
  try {
    const document = parse(text);
    const invalid = validate(schema, document, specifiedRules);
    if (invalid.length > 0) return invalid.map((error) => mask(error, 'GRAPHQL_VALIDATION_FAILED'));
    const { errors = [] } = getVariableValues(schema, getOperationAST(document)?.variableDefinitions ?? [], variables);
    return errors.map((error) => mask(error, 'BAD_USER_INPUT'));
  } catch (error) {
    return [mask(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')];
  }
}

function mask(error: GraphQLError, code: string): string {
  const masked = maskError({ ...error.toJSON(), extensions: { code } }, error);
  expect(masked.extensions?.code).toBe('BAD_USER_INPUT');
  return masked.message;
}

/** A value nobody would write by chance. */
const secret = fc.stringMatching(/^[a-z]{3,12}$/).map((text) => `Zq9${text}`);
const wrong = secret.chain((text) =>
  fc
    .constantFrom<readonly [string, Record<string, unknown>?]>(
      [`{ draw(id: {x: "${text}"}) }`],
      [`{ draw(ratio: "${text}") }`],
      [`{ draw(on: "${text}") }`],
      [`{ draw(colours: [RED, ${text}]) }`],
      [`{ draw(shape: { colour: "${text}" }) }`],
      [`{ draw(shape: { colour: RED, size: "${text}" }) }`],
      [`{ draw(shape: { colour: RED, sides: [1, "${text}"] }) }`],
      [`{ draw(shape: { inner: { size: "${text}" } }) }`],
      [`{ draw(shape: "${text}") }`],
      [`query ($r: Float = "${text}") { draw(ratio: $r) }`],
      [`{ draw(id: "${text}) }`],
      [`{ draw(id: "${text}" "${text}") }`],
      [`{ draw(id: "\\q${text}") }`],
      [`{ draw } "${text}"`],
      ['query ($s: Shape) { draw(shape: $s) }', { s: text }],
      ['query ($s: Shape) { draw(shape: $s) }', { s: { colour: text } }],
      ['query ($s: Shape) { draw(shape: $s) }', { s: { colour: 'RED', size: text } }],
      ['query ($s: Shape) { draw(shape: $s) }', { s: { colour: 'RED', sides: [1, { [text]: text }] } }],
      ['query ($s: Shape) { draw(shape: $s) }', { s: { colour: 'RED', inner: { size: [text] } } }],
      ['query ($s: Shape) { draw(shape: $s) }', { s: { colour: 'RED', [text]: 1 } }],
      ['query ($s: Shape) { draw(shape: $s) }', { s: [text, '";', `at "${text}"`] }],
      ['query ($i: ID) { draw(id: $i) }', { i: { toString: text } }],
      ['query ($r: Float!) { draw(ratio: $r) }', { r: text }],
      ['query ($o: Boolean) { draw(on: $o) }', { o: `${text}\n${text}` }],
      ['query ($c: [Colour!]) { draw(colours: $c) }', { c: ['RED', text] }],
    )
    .map((asked) => ({ text, asked })),
);

describe('What a caller is told of a value that does not fit', () => {
  test('holds no part of the value, in one line that names what would fit (T-29)', () => {
    fc.assert(
      fc.property(wrong, ({ text, asked: [document, variables] }) => {
        const messages = told(document, variables);
        expect(messages.length).toBeGreaterThan(0);
        for (const message of messages) {
          expect(message).not.toContain(text);
          expect(message).toMatch(
            /^(The document is not GraphQL: syntax error at line \d+, column \d+|A value at line \d+, column \d+ does not fit: .+|("[\w.[\]]+" of variable "\$\w+"|Variable "\$\w+") has a value that does not fit: .+|Variable "\$\w+" is needed, as [\w![\]]+|Field "[\w.]+" of required type "[\w![\]]+" was not provided)\.$/,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  test('names the place and the type', () => {
    const shape = 'query ($s: Shape!) { draw(shape: $s) }';
    expect(told(shape, { s: { colour: 'BLUE' } })).toEqual([
      '"s.colour" of variable "$s" has a value that does not fit: it must be one of the values of Colour.',
    ]);
    expect(told(shape, { s: {} })).toEqual([
      'Variable "$s" has a value that does not fit: the field "colour", a Colour!, is missing.',
    ]);
    expect(told(shape, {})).toEqual(['Variable "$s" is needed, as Shape!.']);
    expect(told('{ draw(ratio: true) }')).toEqual([
      'A value at line 1, column 15 does not fit: it must be of type Float.',
    ]);
  });

  test('keeps the names a question is made of, which are no values', () => {
    expect(told('{ drew }')[0]).toMatch(/^Cannot query field "drew" on type "Query"\./);
    expect(told('{ ...A } fragment A on Query { ...A }')).toEqual(['Cannot spread fragment "A" within itself.']);
    expect(told('{ a: draw(id: 1) a: draw(id: 2) }')[0]).toMatch(
      /^Fields "a" conflict because they have differing arguments\./,
    );
  });
});

describe('What a caller is told of an error', () => {
  const graphql = (message: string, extensions = {}, originalError?: Error) =>
    new GraphQLError(message, { extensions, ...(originalError ? { originalError } : {}), path: ['me'] });
  const masked = (error: GraphQLError) => maskError(error.toJSON(), error);

  test('of our own is what it says, even where the planner has copied it', () => {
    const own = badInput('first', 'must be from 1 to 200.');
    const expected = {
      message: 'first: must be from 1 to 200.',
      path: ['me'],
      extensions: { code: 'BAD_USER_INPUT', argument: 'first' },
    };
    expect(masked(graphql(own.message, own.extensions, own))).toEqual(expected);
    expect(masked(graphql(own.message, own.extensions))).toEqual(expected);
    const service = new ServiceError('support', 'SERVICE_UNREACHABLE', 'Support desk does not answer.');
    expect(masked(graphql(service.message, service.extensions)).extensions).toEqual({
      code: 'SERVICE_UNAVAILABLE',
      service: 'support',
      failure: 'SERVICE_UNREACHABLE',
    });
  });

  test.each([
    [
      'a driver',
      graphql(
        'relation "secrets" does not exist',
        {},
        Object.assign(new Error('select * from secrets'), { code: '42P01' }),
      ),
    ],
    ['a code that is not ours', graphql('pg://user:pw@host', { code: 'DOWNSTREAM_SERVICE_ERROR' })],
    ['a code of ours that somebody else uses', graphql('pg://user:pw@host', { code: 'NOT_FOUND' })],
    ['a code that every object has', graphql('pg://user:pw@host', { code: 'constructor', service: 'x' })],
    ['our own word for it', graphql('pg://user:pw@host', { code: 'INTERNAL_SERVER_ERROR', argument: 'x' })],
    ['no code', graphql('pg://user:pw@host')],
  ])('of %s is that something went wrong, and that alone', (_what, error) => {
    const { message, path, extensions } = masked(error);
    expect(message).toMatch(/^Something went wrong at our end/);
    expect([path, extensions]).toEqual([['me'], { code: 'INTERNAL_SERVER_ERROR' }]);
    expect(maskError(error.toJSON(), error).extensions?.code).toBe('INTERNAL_SERVER_ERROR');
  });

  test('never holds a stack', () => {
    const own = badInput('x', 'is wrong.');
    const error = graphql(
      own.message,
      { ...own.extensions, stacktrace: ['at /src/x.ts:1'], http: { status: 418 } },
      own,
    );
    expect(JSON.stringify(maskError({ ...error.toJSON(), extensions: error.extensions }, error))).not.toMatch(
      /stack|418|src/,
    );
  });
});

describe('In production', () => {
  test('no field is guessed at', () => {
    const error = { message: 'Cannot query field "acount" on type "Query". Did you mean "account" or "accounts"?' };
    expect(withoutGuesses(error).message).toBe('Cannot query field "acount" on type "Query".');
    expect(withoutGuesses({ message: 'Ask again?' }).message).toBe('Ask again?');
  });

  test('a stranger is told to say who they are in place of what is wrong, and nothing else is changed', () => {
    const wrongInput = {
      message: 'Cannot query field "x" on type "Query".',
      path: ['x'],
      extensions: { code: 'BAD_USER_INPUT' },
    };
    expect(hideSchema(wrongInput)).toEqual({
      message: expect.stringMatching(/^Say who is calling/),
      extensions: { code: 'UNAUTHENTICATED' },
    });
    const tooComplex = { message: 'The query has more than 15 aliases.', extensions: { code: 'QUERY_TOO_COMPLEX' } };
    expect(hideSchema(tooComplex)).toBe(tooComplex);
  });
});
