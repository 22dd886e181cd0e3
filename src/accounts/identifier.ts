import { badInput } from '../errors.js';

export type IdentifierType = 'EMAIL' | 'PHONE' | 'USERNAME' | 'EXTERNAL_ID';

const LONGEST = { EMAIL: 254, PHONE: 32, USERNAME: 128, EXTERNAL_ID: 256 } as const;
const E164 = /^\+[1-9][0-9]{6,14}$/;
const CONTROL = /[\p{Cc}\p{Cs}]/u;

/**
 * The one spelling under which an identifier is stored, compared and looked up. E-mail: trimmed, NFC, lower case.
 * Phone: E.164, with a British leading 0 read as +44. Doing it twice changes nothing.
 * Throws BAD_USER_INPUT naming `argument`; the value itself is never repeated.
 */
export function normaliseIdentifier(type: IdentifierType, value: string, argument: string): string {
  if (value.length > LONGEST[type]) throw badInput(argument, `is longer than ${LONGEST[type]} characters.`);
  const text = value.trim().normalize('NFC');
  if (text === '') throw badInput(argument, 'is empty.');
  requirePlainText(text, argument);
  if (type === 'EMAIL') return normaliseEmail(text, argument);
  if (type === 'PHONE') return normalisePhone(text, argument);
  return text;
}

/** Refuses control characters and halves of characters: they are never meant, and cannot be stored everywhere. */
export function requirePlainText(text: string, argument: string): void {
  if (CONTROL.test(text)) throw badInput(argument, 'holds control characters: remove them.');
}

function normaliseEmail(text: string, argument: string): string {
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1 || text.includes(' ')) {
    throw badInput(argument, 'is not an e-mail address: write it as name@example.org.');
  }
  return text.toLowerCase();
}

function normalisePhone(text: string, argument: string): string {
  const digits = text
    .replace(/^(\+|00)([^(]*)\(\s*0\s*\)/, '$1$2') // "+44 (0)1632": the 0 is dialled inside the country only
    .replace(/[\s().-]/g, '')
    .replace(/^00/, '+')
    .replace(/^0(?=[1-9])|^\+440/, '+44');
  if (!E164.test(digits)) throw badInput(argument, 'is not a phone number: write it as +441632960123.');
  return digits;
}
