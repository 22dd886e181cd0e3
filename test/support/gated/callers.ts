import type { Caller, ServiceCaller } from '../../../src/gate/caller.js';
import { accountId, PEOPLE } from './people.js';

const client = (affiliation: 'AFFILIATED' | 'EXTERNAL', purpose: string | null): ServiceCaller => ({
  kind: 'SERVICE',
  clientId: '00000000-0000-4000-8000-00000000c11e',
  name: `${affiliation.toLowerCase()}-${purpose?.replaceAll(/[._]/g, '-') ?? 'none'}`,
  affiliation,
  purposes: purpose === null ? [] : [purpose],
  purpose,
});

/** Uses of every lawful basis, some only covered by a wider one, one that nobody declares. */
export const AFFILIATED_USES = [
  'essential.service',
  'essential.service.operations',
  'essential.legal_obligation',
  'essential.fraud_detection',
  'functional.storage',
  'functional.service.improve',
  'analytics.reporting',
  'analytics.reporting.system',
  'marketing.communications.email',
  'marketing.advertising.first_party',
  'third_party_sharing',
  'personalize',
] as const;

export const EXTERNAL_USES = [
  'essential.service',
  'essential.legal_obligation',
  'functional.service.improve',
  'analytics.reporting',
  'analytics.reporting.system',
  'third_party_sharing',
  'marketing.communications',
  'marketing.advertising.first_party',
] as const;

const person = (number: number | null): Caller => ({
  kind: 'SUBJECT',
  accountId: number === null ? null : accountId(number),
  login: { issuer: 'https://issuer.example', subject: `login-${number}` },
  verifiedEmail: null,
});

/** Somebody of every kind that may call, drawn by `number` from 0 to 1. */
export function drawCaller(number: () => number): Caller {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(number() * items.length)] as Item;
  const draw = number();
  if (draw < 0.1) return person(Math.floor(number() * PEOPLE));
  if (draw < 0.11) return person(null);
  if (draw < 0.17) return { kind: 'STAFF', staffId: 'staff', roles: [pick(['dps', 'support'] as const)] };
  if (draw < 0.18) return { kind: 'ANONYMOUS' };
  if (draw < 0.2) return client(pick(['AFFILIATED', 'EXTERNAL'] as const), null);
  return draw < 0.68 ? client('AFFILIATED', pick(AFFILIATED_USES)) : client('EXTERNAL', pick(EXTERNAL_USES));
}
