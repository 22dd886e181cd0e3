/** Who is asking. Decided once, from the token, before anything else; nothing later can widen it. */
export type Caller = Anonymous | SubjectCaller | ServiceCaller | StaffCaller;

export interface Anonymous {
  readonly kind: 'ANONYMOUS';
}

/** A person, with their own token. `accountId` is null until they have registered. */
export interface SubjectCaller {
  readonly kind: 'SUBJECT';
  readonly accountId: string | null;
  readonly login: { readonly issuer: string; readonly subject: string };
  /** The identity provider vouches for this address. */
  readonly verifiedEmail: string | null;
}

/** One of the company's services, or a partner's, reading for one purpose. */
export interface ServiceCaller {
  readonly kind: 'SERVICE';
  readonly clientId: string;
  readonly name: string;
  readonly affiliation: 'AFFILIATED' | 'EXTERNAL';
  /** All purposes it is registered for: Fideslang data-use keys. */
  readonly purposes: readonly string[];
  /** The one it named for this request; null: none named, nothing may be read. */
  readonly purpose: string | null;
  /** The manifest of documents it may ask, and no others; left out: any document. */
  readonly manifestId?: string;
}

export type StaffRole = 'dps' | 'support';

export interface StaffCaller {
  readonly kind: 'STAFF';
  readonly staffId: string;
  readonly roles: readonly StaffRole[];
}

export const ANONYMOUS: Anonymous = { kind: 'ANONYMOUS' };

/** How a caller is named in histories and to other people: its role or client name, never a person's name. */
export function actorOf(caller: Caller): string {
  switch (caller.kind) {
    case 'ANONYMOUS':
      return 'anonymous';
    case 'SUBJECT':
      return 'data subject';
    case 'SERVICE':
      return `service ${caller.name}`;
    case 'STAFF':
      return `staff (${caller.roles.join(', ')})`;
  }
}
