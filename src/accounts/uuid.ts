import { badInput } from '../errors.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

/** An id in the one spelling ids are compared in; anything but a UUID is BAD_USER_INPUT naming the argument. */
export function parseUuid(argument: string, id: string): string {
  if (!isUuid(id)) throw badInput(argument, 'is not a UUID such as 3f0c9a52-7a0e-4c5e-9d5b-2f6a1f0f7c11.');
  return id.toLowerCase();
}
