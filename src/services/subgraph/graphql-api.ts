import { HabeasError, type ServiceError, type ServiceFailureCode } from '../../errors.js';
import type { Health } from '../connector.js';
import { type ServiceCredentials, TOKEN_SECONDS } from '../credentials.js';
import { Declined, isDeclined } from '../failures.js';
import { HEALTH_LIMITS, type Outgoing, type OutgoingLimits } from '../outgoing.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import type { Connection, Service } from '../service.js';
import { readAnswer, type SizedAnswer } from './answers.js';

/** The subject of tokens for subgraphs: Habeas asks in its own name, for many people at once. */
const HABEAS = 'habeas';
const QUERY_SCOPE = 'gdprquery';

/** A token goes with every call for half its life, so that it has the other half when it arrives. */
const TOKEN_USED_MS = (TOKEN_SECONDS * 1_000) / 2;

interface Headers {
  readonly until: number;
  /** For the graph: packing takes longer than sending so little. */
  readonly plain: Readonly<Record<string, string>>;
  readonly packed: Readonly<Record<string, string>>;
}

/** GraphQL over HTTP to one subgraph. */
export class GraphqlApi {
  readonly #path: string;
  #headers: Headers | null = null;
  #made: Promise<Headers> | null = null;

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
  ): Promise<SizedAnswer> {
    const { packed } = await this.#currentHeaders();
    return this.#post(JSON.stringify({ query, variables }), packed, limits, signal);
  }

  /** Sends a body made ready: `{"query":…,"variables":…}`. */
  async send(body: string, limits: OutgoingLimits): Promise<SizedAnswer> {
    const { plain } = await this.#currentHeaders();
    return this.#post(body, plain, limits);
  }

  async #post(
    body: string,
    headers: Readonly<Record<string, string>>,
    limits: OutgoingLimits,
    signal?: AbortSignal,
  ): Promise<SizedAnswer> {
    const answer = await this.outgoing.send({
      method: 'POST',
      path: this.#path,
      headers,
      body,
      limits,
      ...(signal ? { signal } : {}),
    });
    if (answer.status < 200 || answer.status > 299) throw this.#refusal(answer.status);
    const { data, errors } = this.understood(() => readAnswer(this.outgoing.json(answer)));
    return { data, errors, bytes: answer.bytes.length };
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

  #currentHeaders(): Headers | Promise<Headers> {
    if (this.#headers && this.#headers.until > Date.now()) return this.#headers;
    this.#made ??= this.#freshHeaders().finally(() => {
      this.#made = null;
    });
    return this.#made;
  }

  async #freshHeaders(): Promise<Headers> {
    const { audience } = this.connection;
    const until = Date.now() + TOKEN_USED_MS;
    let token: string;
    try {
      token = await this.credentials.token({ name: this.service.name, audience }, HABEAS, QUERY_SCOPE);
    } catch (cause) {
      throw this.outgoing.error('SERVICE_REFUSED_US', 'was not asked: there is no token for it.', cause);
    }
    const common = {
      accept: 'application/graphql-response+json, application/json',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
    };
    this.#headers = {
      until,
      plain: { ...common, 'accept-encoding': 'identity' },
      packed: { ...common, 'accept-encoding': 'gzip' },
    };
    return this.#headers;
  }

  #refusal(status: number): ServiceError {
    if (status === 401 || status === 403) {
      this.#headers = null; // perhaps the service has come to know another key since
      return this.#declined(
        'SERVICE_REFUSED_US',
        `refused Habeas' token (status ${status}): check the audience in ${this.service.file}.`,
      );
    }
    if (status === 400) {
      return this.#declined('SERVICE_ANSWER_INVALID', 'did not understand a question made from its SDL (status 400).');
    }
    if (isDeclined(status)) return this.#declined('SERVICE_ANSWER_INVALID', `answered with status ${status}.`);
    const redirects = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
    return this.invalid(`answered with status ${status}${redirects}.`);
  }

  #declined(failure: ServiceFailureCode, message: string): Declined {
    return new Declined(this.service.name, failure, `${this.service.title} ${message}`);
  }
}
