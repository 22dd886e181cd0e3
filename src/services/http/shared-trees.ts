import type { Subject } from '../connector.js';
import { ConnectionLost } from '../failures.js';
import { type OutgoingLimits, within } from '../outgoing.js';
import type { Guard } from '../resilience/guard.js';
import type { GdprApi } from './gdpr-api.js';
import type { TreeNode } from './tree.js';

/** People's trees for the graph. While one person's is on its way, whoever else asks for it waits for the same one. */
export class SharedTrees {
  readonly #onTheirWay = new Map<string, Promise<TreeNode | null>>();

  constructor(
    private readonly api: GdprApi,
    private readonly guard: Guard,
    private readonly limits: OutgoingLimits,
  ) {}

  /** Null where nothing is held. Throws `ServiceError`. */
  of(subject: Subject): Promise<TreeNode | null> {
    const { externalId } = subject;
    if (externalId === undefined) return Promise.resolve(null);
    const known = this.#onTheirWay.get(externalId);
    if (known) return known;
    const tree = this.#fetch(subject).finally(() => this.#onTheirWay.delete(externalId));
    this.#onTheirWay.set(externalId, tree);
    return tree;
  }

  async #fetch(subject: Subject): Promise<TreeNode | null> {
    const began = performance.now();
    const call = () =>
      this.guard.run(() => this.api.everything(subject, within(this.limits, performance.now() - began)));
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ConnectionLost && (await this.guard.mayRetry(1)))) throw error;
      return call();
    }
  }
}
