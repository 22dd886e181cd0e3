import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient } from 'graphql-sse';

/** An error of the graph, as it is on the wire. */
export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>> & { readonly code?: string };
}

export interface GraphAnswer<Result> {
  readonly status: number;
  readonly data?: Result | null;
  readonly errors?: readonly GraphError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** A caller of Habeas: where it is, with which token, for which purpose. */
export interface Client {
  readonly url: string;
  readonly token?: string;
  readonly purpose?: string;
}

/** Asks the graph one typed question, by plain `fetch`, as any app would. */
export async function ask<Result, Variables>(
  client: Client,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<GraphAnswer<Result>> {
  const answer = await fetch(client.url, {
    method: 'POST',
    headers: headersOf(client),
    body: JSON.stringify({ query: print(document), variables }),
  });
  return { status: answer.status, ...((await answer.json()) as Omit<GraphAnswer<Result>, 'status'>) };
}

/** The data of an answer. Throws what the graph said where there is an error. */
export async function need<Result, Variables>(
  client: Client,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const { data, errors } = await ask(client, document, variables);
  if (errors?.length || !data) throw new Error(errors?.map(({ message }) => message).join('\n') ?? 'no data');
  return data;
}

/** Follows a subscription over server-sent events. */
export async function* follow<Result, Variables>(
  client: Client,
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): AsyncGenerator<Result> {
  const events = createClient({ url: client.url, headers: headersOf(client), retryAttempts: 0 });
  const results = events.iterate<Record<string, unknown>>({
    query: print(document),
    variables: variables as Record<string, unknown>,
  });
  try {
    for await (const { data, errors } of results) {
      if (errors?.length || !data) throw new Error(errors?.map(({ message }) => message).join('\n') ?? 'no data');
      yield data as Result;
    }
  } finally {
    events.dispose();
  }
}

function headersOf({ token, purpose }: Client): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(purpose ? { 'x-purpose': purpose } : {}),
  };
}
