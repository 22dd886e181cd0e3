import type { ServiceCredentials } from '../../../src/services/credentials.js';

/** Tokens that tell what they were asked for. */
export const plainCredentials: ServiceCredentials = {
  token: async ({ name, audience }, subject, scope) => [name, audience, encodeURIComponent(subject), scope].join('|'),
};
