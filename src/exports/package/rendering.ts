import type { DataRecord } from '../../services/connector.js';

/** A collection written in one of the formats that need to know all its columns first. */
export interface Rendering {
  readonly extension: 'csv' | 'html';
  start(): string;
  add(records: readonly DataRecord[]): string;
  end(): string;
  /** True when further records would not be shown. */
  readonly full: boolean;
}
