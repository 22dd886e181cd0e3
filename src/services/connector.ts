import type { DocumentNode, ExecutionResult, OperationTypeNode } from 'graphql';
import type { ErasureScope, ErasureStep, ServiceErasureOutcome, ServiceErasurePlan } from './erasing.js';

/** Any value that JSON can carry. Numbers that JavaScript cannot hold exactly, and decimals, travel as strings. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** One row, entity or node a service holds, by field name as the service itself calls it. */
export type DataRecord = { [field: string]: Json };

/** Some records of one collection. A collection may come in many pages, one after the other. */
export interface RecordPage {
  readonly collection: string;
  readonly records: readonly DataRecord[];
}

/**
 * How one person is known to one service. Only verified e-mails and phones are here: an address somebody merely
 * claims must never fetch another person's data.
 */
export interface Subject {
  readonly accountId: string;
  /** The account's external id at this service, when it is linked. */
  readonly externalId?: string;
  readonly emails: readonly string[];
  readonly phones: readonly string[];
}

/** A service gave what it was not asked for. */
export interface Incident {
  readonly service: string;
  /** An entity came with another key than that asked for, perhaps another person's data; it was dropped. */
  readonly kind: 'WRONG_SUBJECT';
  /** The account that was asked for; null where the entity is no account. */
  readonly accountId: string | null;
  /** What was asked for, by type. Never personal data. */
  readonly detail: string;
}

export type Health = { healthy: true } | { healthy: false; reason: string };

/** How a service is doing, as the graph's calls to it tell. */
export interface ServiceState {
  /** Open: it failed too often and is not asked. Half-open: one question tries whether it is well again. */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Calls it has not answered yet. */
  readonly inFlight: number;
  /** Calls that wait for others to end. */
  readonly waiting: number;
  /** Calls that failed one after the other, up to now. */
  readonly failures: number;
}

/**
 * A GraphQL question for one service, as the planner asks it: root fields or `_entities(representations:)`. What is
 * optional is worked out from the document where it is left out, once for each text.
 */
export interface SubgraphRequest {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The document printed. Everything a connector prepares is kept by this text. */
  readonly text?: string;
  /** Only what is a query is ever batched, de-duplicated or asked again. */
  readonly operationType?: OperationTypeNode;
  /**
   * Questions of one group may travel in one call; of different groups never. A group is everything that may change
   * what a service answers: the class of the caller and the purpose. Left out: one group for all.
   */
  readonly group?: string;
}

/** What a connector may ask of the rest of Habeas while it answers. */
export interface SubgraphContext {
  /** The people behind these account ids as this service knows them, in order; null where there is no such account. */
  subjects(accountIds: readonly string[]): Promise<readonly (Subject | null)[]>;
}

/**
 * How one service erases. All methods throw `ServiceError` and nothing else for a service that fails; an abort is
 * thrown as it is.
 */
export interface Erasing {
  /** A dry run: every check is made, nothing is changed. */
  plan(subject: Subject, scope: ErasureScope, signal: AbortSignal): Promise<ServiceErasurePlan>;
  /** Does it. Running it twice with one key is the same as once. */
  erase(subject: Subject, step: ErasureStep, signal: AbortSignal): Promise<ServiceErasureOutcome>;
  /** What is left: after an erasure only what is kept. A service without collections tells 0 or 1 records. */
  remaining(subject: Subject, scope: ErasureScope, signal: AbortSignal): Promise<ServiceErasurePlan>;
}

/**
 * One service, whatever it speaks. Every connector is a subgraph to the graph and a stream of pages to an export.
 * All methods throw `ServiceError` and nothing else for a service that fails.
 */
export interface Connector {
  /** The service's part of the graph: Federation 2 SDL with `@personalData` on every field of personal data. */
  sdl(): Promise<string>;
  /** The SDL, read anew. Where that fails the one known stays. */
  refresh(): Promise<string>;
  /** Answers typed fields, for many people at once. */
  execute(request: SubgraphRequest, context: SubgraphContext): Promise<ExecutionResult>;
  /**
   * Everything the service holds about one person, page by page, every record exactly once, memory flat in the
   * number of records. Nothing held: no pages.
   */
  records(subject: Subject, signal: AbortSignal): AsyncIterable<RecordPage>;
  /** How the service erases what it holds about one person. */
  readonly erasure: Erasing;
  /** Whether the service answers now; within two seconds. */
  health(): Promise<Health>;
  /** How it is doing, without asking it. */
  state(): ServiceState;
  close(): Promise<void>;
}
