import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IdentifierType, normaliseIdentifier } from '../../src/accounts/identifier.js';
import { HabeasError } from '../../src/errors.js';

const RUNS = { numRuns: 1_000 };
const TYPES: readonly IdentifierType[] = ['EMAIL', 'PHONE', 'USERNAME', 'EXTERNAL_ID'];
const type = fc.constantFrom(...TYPES);
const email = (text: string) => normaliseIdentifier('EMAIL', text, 'value');
const phone = (text: string) => normaliseIdentifier('PHONE', text, 'value');

/** Null where the value is refused. */
function attempt(which: IdentifierType, text: string): string | null {
  try {
    return normaliseIdentifier(which, text, 'value');
  } catch (error) {
    if (error instanceof HabeasError && error.code === 'BAD_USER_INPUT') return null;
    throw error;
  }
}

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.emailAddress(),
  fc.stringMatching(/^[+0-9 ().-]{0,20}$/),
);

describe('F11: the one spelling of an identifier', () => {
  it('done twice changes nothing, whatever was written', () => {
    fc.assert(
      fc.property(type, anything, (which, text) => {
        const once = attempt(which, text);
        if (once !== null) expect(attempt(which, once)).toBe(once);
      }),
      { numRuns: 5_000 },
    );
  });

  it('is refused, where it is, by the name of the argument and without the value', () => {
    fc.assert(
      fc.property(type, fc.stringMatching(/^[a-z]{8}$/), (which, end) => {
        const text = `CANARY\u0007${end}`;
        const said = (() => {
          try {
            return normaliseIdentifier(which, text, 'identifiers[3].value');
          } catch (error) {
            return error instanceof HabeasError ? error.message : String(error);
          }
        })();
        expect(said).toMatch(/^identifiers\[3\]\.value: /);
        expect(said).not.toContain('CANARY');
      }),
      RUNS,
    );
  });

  it('of an e-mail address minds neither case, spaces around it nor how accents are composed', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.stringMatching(/^[ \t\n]{0,4}$/), fc.boolean(), (address, space, upper) => {
        const spelling = `${space}${upper ? address.toUpperCase() : address}${space}`;
        expect(email(spelling)).toBe(email(address));
      }),
      RUNS,
    );
    expect(email('Zoe\u0308@lantern.example')).toBe(email('ZO\u00cb@LANTERN.EXAMPLE'));
    expect(email('Ada@Lantern.Example ')).toBe('ada@lantern.example');
  });

  it('keeps different e-mail addresses apart', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.emailAddress(), (one, two) => {
        expect(email(one) === email(two)).toBe(one.toLowerCase() === two.toLowerCase());
      }),
      RUNS,
    );
  });

  it('of a British phone number is +44, however it is written', () => {
    const national = fc.stringMatching(/^[1-9][0-9]{9}$/);
    const gap = fc.constantFrom('', ' ', '-', '.', ' (', ') ');
    fc.assert(
      fc.property(national, gap, gap, (number, a, b) => {
        const spaced = `${number.slice(0, 4)}${a}${number.slice(4, 7)}${b}${number.slice(7)}`;
        for (const prefix of ['+44', '0044', '0', '+44 ', '00 44 ', '+44 (0)', '+44(0) ', '0044 (0)']) {
          expect(phone(`${prefix}${spaced}`), prefix).toBe(`+44${number}`);
        }
      }),
      RUNS,
    );
  });

  it.each(['01632 960123', '+44 1632 960123', '0044 1632 960123', '(01632) 960-123', '+44 (0)1632 960123'])(
    'of %s is +441632960123',
    (text) => {
      expect(phone(text)).toBe('+441632960123');
    },
  );

  it('of a phone number from elsewhere keeps its country', () => {
    expect(phone('+358 9 310 1641')).toBe('+35893101641');
    expect(phone('00 358 9 310 1641')).toBe('+35893101641');
  });

  it.each(['', '12', '+0123456789', 'call me', '+44 1632 960123 ext 4', '+1234567890123456'])(
    'is not made of %j as a phone number',
    (text) => {
      expect(attempt('PHONE', text)).toBeNull();
    },
  );

  it.each(['', ' ', 'ada', '@lantern.example', 'ada@', 'ada lovelace@lantern.example', 'a@b\u0000.example'])(
    'is not made of %j as an e-mail address',
    (text) => {
      expect(attempt('EMAIL', text)).toBeNull();
    },
  );

  it('of a name or id keeps its case', () => {
    expect(normaliseIdentifier('USERNAME', ' Ada ', 'value')).toBe('Ada');
    expect(normaliseIdentifier('EXTERNAL_ID', 'aB-1', 'value')).toBe('aB-1');
  });

  it('T-31: is found or refused at once, however hostile the text', () => {
    for (const piece of ['0', '+', ' ', '.', '@', '0-', '(0)', '\u0308']) {
      const began = performance.now();
      for (const which of TYPES) attempt(which, piece.repeat(50_000));
      expect(performance.now() - began).toBeLessThan(50);
    }
  });
});
