import { type Client, follow, need } from '../../examples/client.js';
import {
  PrivacyRequestDocument,
  PrivacyRequestProgressDocument,
  type PrivacyRequestProgressSubscription,
  type PrivacyRequestQuery,
  RequestAccessDocument,
} from '../../schema/client/operations.js';
import { Manifest } from '../../src/exports/package/manifest.js';
import type { DataRecord } from '../../src/services/connector.js';
import { unzip } from '../support/zip.js';

export type Asked = NonNullable<PrivacyRequestQuery['privacyRequest']>;
export type Progress = PrivacyRequestProgressSubscription['privacyRequestProgress'];

/** Asks for everything held; answers the request's id. */
export async function askForEverything(client: Client, input: Record<string, unknown> = {}): Promise<string> {
  const { requestAccess } = await need(client, RequestAccessDocument, { input });
  return requestAccess.request.id;
}

/** Every state a subscriber is told of, to the end. */
export async function followToItsEnd(client: Client, id: string): Promise<Progress[]> {
  const states: Progress[] = [];
  for await (const { privacyRequestProgress } of follow(client, PrivacyRequestProgressDocument, { id })) {
    states.push(privacyRequestProgress);
  }
  return states;
}

export async function requestOf(client: Client, id: string): Promise<Asked> {
  const { privacyRequest } = await need(client, PrivacyRequestDocument, { id });
  if (!privacyRequest) throw new Error(`There is no request ${id}.`);
  return privacyRequest;
}

/** Looks until `is` says yes; throws with the last state after `ms`. */
export async function waitFor(
  client: Client,
  id: string,
  is: (request: Asked) => boolean,
  ms = 60_000,
): Promise<Asked> {
  for (const until = performance.now() + ms; ; ) {
    const request = await requestOf(client, id);
    if (is(request)) return request;
    if (performance.now() > until) throw new Error(`After ${ms} ms: ${JSON.stringify(request)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const hasStatus = (status: Asked['status']) => (request: Asked) => request.status === status;

export const fetchPackage = (url: string, { token }: Pick<Client, 'token'>, init: RequestInit = {}) =>
  fetch(url, { ...init, headers: { ...init.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) } });

export interface Package {
  readonly zip: Buffer;
  readonly files: Map<string, Buffer>;
  readonly manifest: Manifest;
  text(name: string): string;
  records(service: string, collection: string): DataRecord[];
}

/** Fetches and unpacks the package of a request that has ended. */
export async function packageOf(client: Client, request: Asked): Promise<Package> {
  if (!request.export) throw new Error(`The request is ${request.status} and has no package.`);
  const answer = await fetchPackage(request.export.url, client);
  if (!answer.ok) throw new Error(`The package was not handed out: HTTP ${answer.status}.`);
  const zip = Buffer.from(await answer.arrayBuffer());
  const files = await unzip(zip);
  const text = (name: string) => {
    const file = files.get(name);
    if (!file) throw new Error(`The package has no ${name}.`);
    return file.toString();
  };
  return {
    zip,
    files,
    manifest: Manifest.parse(JSON.parse(text('manifest.json'))),
    text,
    records: (service, collection) => JSON.parse(text(`data/${service}/${collection}.json`)) as DataRecord[],
  };
}
