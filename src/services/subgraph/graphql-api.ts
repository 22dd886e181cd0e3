import { HabeasError, type ServiceError } from '../../errors.js';
import type { Health } from '../connector.js';
import type { ServiceCredentials } from '../credentials.js';
import { HEALTH_LIMITS, type Outgoing, type OutgoingLimits } from '../outgoing.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import type { Connection, Service } from '../service.js';
import { type RawAnswer, readAnswer } from './answers.js';

/** The subject of tokens for subgraphs: Habeas asks in its own name, for many people at once. */
const HABEAS = 'habeas';
const QUERY_SCOPE = 'gdprquery';

/** GraphQL over HTTP to one subgraph. */
export class GraphqlApi {
  readonly #path: string;

  constructor(
    private readonly service: Service,
    private readonly connection: Connection & { kind: 'subgraph' },
    private readonly credentials: ServiceCredentials,
    private readonly outgoing: Outgoing,
  ) {
    const { pathname, search } = new URL(connection.url);
    this.#path = pathname + search;
  }

  async ask(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    limits: OutgoingLimits,
    signal?: AbortSignal,
  ): Promise<RawAnswer> {
    const answer = await this.outgoing.send({
      method: 'POST',
      path: this.#path,
      headers: {
        accept: 'application/graphql-response+json, application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${await this.#token()}`,
      },
      body: JSON.stringify({ query, variables }),
      limits,
      ...(signal ? { signal } : {}),
    });
    if (answer.status < 200 || answer.status > 299) throw this.#refusal(answer.status);
    return this.understood(() => readAnswer(this.outgoing.json(answer)));
  }

  /** Turns what `read` finds wrong with an answer into an error of the service. */
  understood<Read>(read: () => Read): Read {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UnreadableAnswer)) throw error;
      throw this.invalid(`gave an answer against its contract: ${error.message}.`);
    }
  }

  invalid(message: string): ServiceError {
    return this.outgoing.error('SERVICE_ANSWER_INVALID', message);
  }

  async health(): Promise<Health> {
    try {
      const { data } = await this.ask('{ __typename }', {}, HEALTH_LIMITS);
      return data ? { healthy: true } : { healthy: false, reason: `${this.service.title} answers with errors.` };
    } catch (error) {
      if (error instanceof HabeasError) return { healthy: false, reason: error.message };
      throw error;
    }
  }

  async #token(): Promise<string> {
    const { audience } = this.connection;
    try {
      return await this.credentials.token({ name: this.service.name, audience }, HABEAS, QUERY_SCOPE);
    } catch (cause) {
      throw this.outgoing.error('SERVICE_REFUSED_US', 'was not asked: there is no token for it.', cause);
    }
  }

  #refusal(status: number): ServiceError {
    if (status === 401 || status === 403) {
      return this.outgoing.error(
        'SERVICE_REFUSED_US',
        `refused Habeas' token (status ${status}): check the audience in ${this.service.file}.`,
      );
    }
    if (status === 400) return this.invalid('did not understand a question made from its SDL (status 400).');
    const redirects = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
    return this.invalid(`answered with status ${status}${redirects}.`);
  }
}
