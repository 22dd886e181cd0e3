import { z } from 'zod';
import { HabeasError, ServiceError } from '../../errors.js';
import type { Health, Json, Subject } from '../connector.js';
import type { ServiceCredentials } from '../credentials.js';
import type { ErasureRefusal } from '../erasing.js';
import { Declined, isDeclined } from '../failures.js';
import { HEALTH_LIMITS, type Outgoing, type OutgoingAnswer, type OutgoingLimits } from '../outgoing.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import type { Connection, Service } from '../service.js';
import type { Address } from './address.js';
import { readTree, type TreeNode } from './tree.js';

/** An id no account has: asking for it tells whether the service answers, and nothing of anybody. */
const NOBODY = 'habeas-health-check';

/** The calls of the GDPR API (City of Helsinki's profile, 1.1.0) at one service. */
export class GdprApi {
  constructor(
    private readonly service: Service,
    private readonly connection: Connection & { kind: 'http' },
    private readonly address: Address,
    private readonly credentials: ServiceCredentials,
    private readonly outgoing: Outgoing,
  ) {}

  /** Everything held about the person; null where nothing is, or where the service does not know the person. */
  async everything(subject: Subject, limits: OutgoingLimits, signal?: AbortSignal): Promise<TreeNode | null> {
    if (subject.externalId === undefined) return null;
    const answer = await this.#get(subject.externalId, limits, signal);
    if (answer.status === 204) return null;
    if (answer.status !== 200) throw this.#refusal(answer.status);
    const body = this.outgoing.json(answer);
    try {
      return body === undefined ? null : readTree(body);
    } catch (error) {
      if (!(error instanceof UnreadableAnswer)) throw error;
      throw this.outgoing.error('SERVICE_ANSWER_INVALID', `gave an answer against its contract: ${error.message}.`);
    }
  }

  /**
   * Erases the person under this id, or asks whether it would be done. Answers why it is refused; empty where it is
   * done, allowed, or nothing is held. `key` is the same for every try of one erasure (Idempotency-Key, an IETF draft).
   */
  async erase(
    id: string,
    { dryRun, key }: { dryRun: boolean; key?: string },
    limits: OutgoingLimits,
    signal: AbortSignal,
  ): Promise<readonly ErasureRefusal[]> {
    const { deleteScope } = this.connection;
    const answer = await this.#send('DELETE', id, deleteScope, limits, {
      query: dryRun ? 'dry_run=true' : '',
      headers: key === undefined ? {} : { 'idempotency-key': key },
      signal,
    });
    if ([200, 202, 204, 404].includes(answer.status)) {
      if (answer.status !== 202) return [];
      throw this.outgoing.error('SERVICE_ANSWER_INVALID', 'has not erased yet, but says it will (status 202).');
    }
    if (answer.status !== 403) throw this.#refusal(answer.status);
    return refusalsIn(this.#readable(answer)) ?? [this.#unexplained()];
  }

  #readable(answer: OutgoingAnswer): Json | undefined {
    try {
      return this.outgoing.json(answer);
    } catch (error) {
      if (error instanceof ServiceError) return undefined;
      throw error;
    }
  }

  #unexplained(): ErasureRefusal {
    return {
      code: 'REFUSED',
      message: { en: `${this.service.title} refuses to erase, and gives no reason that can be shown: ask its team.` },
    };
  }

  async health(): Promise<Health> {
    try {
      const { status } = await this.#get(NOBODY, HEALTH_LIMITS);
      // 400 and 404: it refuses the made-up id, so it is there.
      if ([200, 204, 400, 404].includes(status)) return { healthy: true };
      return { healthy: false, reason: this.#refusal(status).message };
    } catch (error) {
      if (error instanceof HabeasError) return { healthy: false, reason: error.message };
      throw error;
    }
  }

  #get(externalId: string, limits: OutgoingLimits, signal?: AbortSignal): Promise<OutgoingAnswer> {
    return this.#send('GET', externalId, this.connection.queryScope, limits, signal ? { signal } : {});
  }

  async #send(
    method: 'GET' | 'DELETE',
    externalId: string,
    scope: string,
    limits: OutgoingLimits,
    { query = '', headers = {}, signal }: { query?: string; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<OutgoingAnswer> {
    const path = this.address(externalId);
    if (path === null) throw this.outgoing.error('SERVICE_REFUSED_US', 'cannot be asked for an id of dots alone.');
    return this.outgoing.send({
      method,
      path: query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip',
        authorization: `Bearer ${await this.#token(externalId, scope)}`,
        ...headers,
      },
      limits,
      ...(signal ? { signal } : {}),
    });
  }

  async #token(externalId: string, scope: string): Promise<string> {
    const { audience } = this.connection;
    try {
      return await this.credentials.token({ name: this.service.name, audience }, externalId, scope);
    } catch (cause) {
      throw this.outgoing.error('SERVICE_REFUSED_US', 'was not asked: there is no token for it.', cause);
    }
  }

  #refusal(status: number): ServiceError {
    const { name, title, file } = this.service;
    if (status === 400 || status === 401 || status === 403) {
      const mend = `check audience, scopes and external id in ${file}.`;
      return new Declined(name, 'SERVICE_REFUSED_US', `${title} refused Habeas' request (status ${status}): ${mend}`);
    }
    const redirects = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
    const Kind = isDeclined(status) ? Declined : ServiceError;
    return new Kind(name, 'SERVICE_ANSWER_INVALID', `${title} answered with status ${status}${redirects}.`);
  }
}

/**
 * The reasons of a refusal, as they came and in all their languages; null where a single one is not exactly as the
 * contract says, since what else a body holds is not for people.
 */
function refusalsIn(body: Json | undefined): ErasureRefusal[] | null {
  const result = refusalSchema.safeParse(body);
  return result.success ? result.data.errors : null;
}

const refusalSchema = z.object({
  errors: z
    .array(
      z.strictObject({
        code: z.string().min(1).max(100),
        message: z.record(z.string().min(1).max(35), z.string().max(2_000)),
      }),
    )
    .min(1)
    .max(50),
});
