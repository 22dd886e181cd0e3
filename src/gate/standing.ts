/** Where one person stands at one moment, as far as what may be read of them depends on it. Shapes only. */

export type AccountStatus = 'ACTIVE' | 'RESTRICTED' | 'ERASING' | 'ERASED';

export interface ConsentState {
  /** Fideslang data use. */
  readonly purpose: string;
  readonly status: 'GIVEN' | 'WITHDRAWN' | 'EXPIRED' | 'NEEDS_RENEWAL';
  /** When the person did it, or it expired: milliseconds since 1970. */
  readonly since: number;
  /** Data categories the policy consented to names for this purpose; one covers those below it. Null: all. */
  readonly categories: readonly string[] | null;
}

export interface Standing {
  readonly accountId: string;
  readonly status: AccountStatus;
  /** Changes with everything that may change a decision; compared only for equality. */
  readonly epoch: string;
  /** Of the purposes asked about and those above them. */
  readonly consents: readonly ConsentState[];
  /** Purposes the person has objected to (UK GDPR Article 21). */
  readonly objections: readonly string[];
}
