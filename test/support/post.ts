import type { Client, GraphError } from '../../examples/client.js';

/** An answer as it came over the wire. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly GraphError[];
}

/** Asks the graph a question that need not be a good one. */
export function post(
  client: Client,
  query: string,
  variables?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return send(client, JSON.stringify({ query, ...(variables === undefined ? {} : { variables }) }), headers);
}

/** Sends any body to the graph. */
export async function send(client: Client, body: string, headers: Record<string, string> = {}): Promise<Reply> {
  const answer = await fetch(client.url, { method: 'POST', headers: { ...headersOf(client), ...headers }, body });
  return readReply(answer);
}

export async function readReply(answer: Response): Promise<Reply> {
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
  const { data, errors = [] } = (isJson ? JSON.parse(text) : {}) as Pick<Reply, 'data'> & Partial<Reply>;
  return { status: answer.status, headers: answer.headers, text, data, errors };
}

/** Follows a question over server-sent events to its end: every result, in order. */
export async function events(client: Client, query: string): Promise<Reply> {
  const answer = await fetch(client.url, {
    method: 'POST',
    headers: { ...headersOf(client), accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
  });
  const reply = await readReply(answer);
  const told = /event: next\ndata: (.*)/.exec(reply.text)?.[1];
  return told === undefined ? reply : { ...reply, errors: [], ...(JSON.parse(told) as Pick<Reply, 'data'>) };
}

function headersOf({ token, purpose }: Client): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(purpose ? { 'x-purpose': purpose } : {}),
  };
}
