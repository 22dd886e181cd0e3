import { forbidden, HabeasError, unauthenticated } from '../errors.js';
import type { Caller, ServiceCaller } from './caller.js';

/**
 * Who may reach a field. `owner`: the person the object belongs to. `subject`: any person, for their own things.
 * `client`: an affiliated service that named a registered purpose. `recipient`: any service that named one, also one
 * outside the company: what it may read of whom is decided person by person. `known`: anybody who is authenticated.
 */
export type Audience = 'anyone' | 'known' | 'subject' | 'owner' | 'client' | 'recipient' | 'dps' | 'support';

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
      return caller.kind === 'SERVICE' && caller.affiliation === 'AFFILIATED' && caller.purpose !== null;
    case 'recipient':
      return caller.kind === 'SERVICE' && caller.purpose !== null;
    case 'dps':
    case 'support':
      return caller.kind === 'STAFF' && caller.roles.includes(audience);
  }
}

/** Whether the caller may know of this person at all: the person, staff, and services with a purpose. */
export function mayReadAccount(caller: Caller, accountId: string): boolean {
  return (['owner', 'recipient', 'dps', 'support'] as const).some((audience) => belongsTo(caller, audience, accountId));
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
  if (caller.kind === 'SERVICE' && caller.purpose === null && audiences.some(isService)) return purposeMissing(caller);
  return forbidden(`${field} is for ${describe(audiences)}.`);
}

const isService = (audience: Audience) => audience === 'client' || audience === 'recipient';

function purposeMissing(client: ServiceCaller): HabeasError {
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
  recipient: 'services with a purpose',
  dps: 'the Data Protection Specialist',
  support: 'support staff',
};

function describe(audiences: readonly Audience[]): string {
  const words = audiences.map((audience) => WORDS[audience]);
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? 'nobody');
}
