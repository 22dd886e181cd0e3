import { forbidden, HabeasError, unauthenticated } from '../errors.js';
import type { Caller, ServiceCaller } from './caller.js';

/**
 * Who may reach a field. `owner`: the person the object belongs to. `subject`: any person, for their own things.
 * `client`: an affiliated service that named a registered purpose. `known`: anybody who is authenticated.
 */
export type Audience = 'anyone' | 'known' | 'subject' | 'owner' | 'client' | 'dps' | 'support';

/** The use an affiliated service must have named to write shared account data. */
const WRITING_PURPOSE = 'essential.service';

/** Whether the caller belongs to the audience. `ownerId`: the account the object belongs to, where it has one. */
export function belongsTo(caller: Caller, audience: Audience, ownerId: string | null): boolean {
  switch (audience) {
    case 'anyone':
      return true;
    case 'known':
      return caller.kind !== 'ANONYMOUS';
    case 'subject':
      return caller.kind === 'SUBJECT';
    case 'owner':
      return caller.kind === 'SUBJECT' && caller.accountId !== null && caller.accountId === ownerId;
    case 'client':
      return caller.kind === 'SERVICE' && mayReadForPurpose(caller);
    case 'dps':
    case 'support':
      return caller.kind === 'STAFF' && caller.roles.includes(audience);
  }
}

/** External recipients read nothing without consent, and nobody reads without a purpose. */
function mayReadForPurpose(client: ServiceCaller): boolean {
  return client.affiliation === 'AFFILIATED' && client.purpose !== null;
}

/** Whether the caller may know of this person at all: the person, staff, and services with a purpose. */
export function mayReadAccount(caller: Caller, accountId: string): boolean {
  return (['owner', 'client', 'dps', 'support'] as const).some((audience) => belongsTo(caller, audience, accountId));
}

/** Refuses unless the caller may change this person's shared data. */
export function requireWrite(caller: Caller, accountId: string | null): void {
  if (caller.kind !== 'SERVICE') return;
  if (caller.purpose !== WRITING_PURPOSE) {
    throw new HabeasError(
      'PURPOSE_NOT_PERMITTED',
      `Shared account data is changed for the purpose ${WRITING_PURPOSE} only: name it in the header "x-purpose".`,
    );
  }
  if (accountId !== null && !mayReadAccount(caller, accountId)) throw forbidden('This client may not change accounts.');
}

/** The error for a caller outside every audience of `field` (a coordinate such as `Query.privacyRequests`). */
export function refusal(caller: Caller, field: string, audiences: readonly Audience[]): HabeasError {
  if (caller.kind === 'ANONYMOUS') return unauthenticated();
  if (caller.kind === 'SERVICE' && audiences.includes('client')) return purposeMissing(caller);
  return forbidden(`${field} is for ${describe(audiences)}.`);
}

function purposeMissing(client: ServiceCaller): HabeasError {
  if (client.affiliation === 'EXTERNAL') {
    return forbidden('An external client reads nothing about a person without their consent.');
  }
  const mend =
    client.purposes.length > 0
      ? `name one in the header "x-purpose": ${client.purposes.join(', ')}`
      : 'have one registered first';
  return new HabeasError('PURPOSE_NOT_PERMITTED', `A service reads for a registered purpose: ${mend}.`);
}

const WORDS: Readonly<Record<Audience, string>> = {
  anyone: 'anyone',
  known: 'authenticated callers',
  subject: 'people with their own token',
  owner: 'the person it belongs to',
  client: 'affiliated services with a purpose',
  dps: 'the Data Protection Specialist',
  support: 'support staff',
};

function describe(audiences: readonly Audience[]): string {
  const words = audiences.map((audience) => WORDS[audience]);
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? 'nobody');
}
