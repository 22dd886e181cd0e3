/** What a manifest says of one service, after it has been read and checked. Shapes only; `manifest.ts` reads them. */

export type Affiliation = 'AFFILIATED' | 'EXTERNAL';
export type ServiceKind = 'SUBGRAPH' | 'HTTP' | 'POSTGRES' | 'CORE';
export type ErasureAction = 'DELETE' | 'ANONYMISE' | 'MASK' | 'KEEP';
export type LawfulBasis =
  | 'CONSENT'
  | 'CONTRACT'
  | 'LEGAL_OBLIGATION'
  | 'VITAL_INTERESTS'
  | 'PUBLIC_TASK'
  | 'LEGITIMATE_INTERESTS';

/** UK GDPR Articles 45 to 49: what allows data to rest outside the UK and the EEA. */
export type TransferSafeguard = 'adequacy' | 'IDTA' | 'SCC_UK_ADDENDUM' | 'BCR' | 'derogation';

export interface Service {
  /** The system's `fides_key`: the service's name everywhere. */
  readonly name: string;
  /** The field on `Account`; by default the name in camelCase. */
  readonly field: string;
  readonly title: string;
  readonly description: string | null;
  readonly kind: ServiceKind;
  readonly affiliation: Affiliation;
  /** ISO 3166-1 alpha-2 code of where the data rests. */
  readonly country: string;
  readonly transferSafeguard: TransferSafeguard | null;
  readonly connection: Connection;
  readonly declarations: readonly PrivacyDeclaration[];
  readonly datasets: readonly Dataset[];
  /** By collection name. What is not named is deleted. */
  readonly erasure: ReadonlyMap<string, ErasureRule>;
  /** By collection name. */
  readonly retention: ReadonlyMap<string, RetentionRule>;
  /** Where the data comes from when not from the person (Article 15(1)(g)); null: from the person. */
  readonly source: string | null;
  /** How it is told of events; null or left out: it is not. */
  readonly notify?: Notify | null;
  /** The manifest this was read from, for messages. */
  readonly file: string;
}

/** How a service is told of what people decide. */
export interface Notify {
  /** Where events are sent; null: the service fetches them. */
  readonly url: string | null;
  /** What they are signed with, `whsec_…`, until it is rotated. */
  readonly secret: string | null;
  /** The client that may fetch them; null: none. */
  readonly client: string | null;
}

export type Connection =
  | {
      readonly kind: 'postgres';
      readonly url: string;
      /** Whose role may delete and update too; left out: `url`'s. */
      readonly eraseUrl?: string;
      readonly schema: string;
    }
  | {
      readonly kind: 'subgraph';
      readonly url: string;
      /** A file with its SDL; null: it tells it itself, unless `sdlUrl` does. */
      readonly sdlFile: string | null;
      /** An address that answers its SDL as text. */
      readonly sdlUrl?: string;
      /** Where it erases, by the GDPR API's DELETE; a template with `{accountId}`. Left out: it does not. */
      readonly eraseUrl?: string;
      readonly audience: string;
    }
  | {
      readonly kind: 'http';
      /** Template with `{externalId}`, `$profile_id` or `$user_uuid`; with none of them the id is appended. */
      readonly url: string;
      readonly audience: string;
      readonly queryScope: string;
      readonly deleteScope: string;
    }
  | { readonly kind: 'core' };

/** Fideslang privacy declaration: these categories are used for this data use, on this basis. */
export interface PrivacyDeclaration {
  readonly name: string | null;
  readonly dataUse: string;
  readonly dataCategories: readonly string[];
  readonly dataSubjects: readonly string[];
  readonly lawfulBasis: LawfulBasis | null;
  /** ISO 8601 duration or free text, as declared. */
  readonly retentionPeriod: string | null;
  /** Who outside receives the data; null where nobody does. */
  readonly thirdParties: string | null;
}

export interface Dataset {
  readonly key: string;
  readonly title: string;
  readonly description: string | null;
  /** Postgres schema the dataset rests in; null: the connection's. */
  readonly namespace: string | null;
  readonly collections: readonly Collection[];
}

export interface Collection {
  readonly dataset: string;
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly fields: readonly Field[];
  /** Names of collections ("dataset.collection") read before this one. */
  readonly after: readonly string[];
  readonly skipProcessing: boolean;
}

export interface Field {
  readonly name: string;
  readonly description: string | null;
  /** Fideslang data categories; own ones, else those of the collection or dataset. Empty: unclassified, not readable in the graph. */
  readonly categories: readonly string[];
  readonly primaryKey: boolean;
  /** `email`, `phone_number`, `external_id` or a custom name; null where the field identifies nobody. */
  readonly identity: string | null;
  readonly references: readonly Reference[];
  /** string, integer, float, boolean, datetime, date, object, json; an array ends in `[]`; null: unknown. */
  readonly dataType: string | null;
  readonly returnAllElements: boolean;
  /** Nested fields of an object. */
  readonly fields: readonly Field[];
}

export interface Reference {
  readonly dataset: string;
  readonly collection: string;
  /** Dotted path inside the collection. */
  readonly field: string;
  /** from: the other field selects rows here. to: this field selects rows there. */
  readonly direction: 'from' | 'to' | null;
}

export interface ErasureRule {
  readonly action: ErasureAction;
  /** ISO 8601 duration, counted from `keepFrom`; past it, what was kept is deleted. */
  readonly keepFor: string | null;
  readonly keepFrom: string | null;
  readonly reason: string | null;
  /** The law behind the reason; null where the manifest names none. */
  readonly legalGround: string | null;
  readonly mask: readonly Mask[];
  /** What happens to records other people reach too: they stay as they are, or go with this person. */
  readonly shared: 'keep' | 'erase';
}

/** What is written over a field, so that the record can stay. */
export interface Mask {
  /** Dotted path inside the collection. */
  readonly field: string;
  /**
   * null: nothing. constant: `value`. hash: `erased-` and a keyed hash, the same for the same value at one service.
   * random: other letters and digits in the same places. year, month: the first day of it.
   */
  readonly with: MaskStrategy;
  /** Of a constant. */
  readonly value: string | null;
}

export const MASK_STRATEGIES = ['null', 'constant', 'hash', 'random', 'year', 'month'] as const;
export type MaskStrategy = (typeof MASK_STRATEGIES)[number];

export interface RetentionRule {
  /** ISO 8601 duration, e.g. P6Y. */
  readonly for: string;
  /** The field the period is counted from. */
  readonly from: string;
}
