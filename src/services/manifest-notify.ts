import { CONFIDENTIAL_MEND, isConfidential } from '../transport.js';
import type { Habeas } from './manifest-schema.js';
import type { ManifestSource } from './manifest-source.js';
import type { Notify } from './service.js';

/** A secret of Standard Webhooks: 24 to 64 random bytes. */
export function isWebhookSecret(text: string): boolean {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]{32,88}={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(base64, 'base64');
  return length >= 24 && length <= 64;
}

/** How a service is told of events; null: it is not. Neither address nor secret is ever repeated in a message. */
export function toNotify({ notify }: Habeas, source: ManifestSource, isProduction: boolean): Notify | null {
  if (!notify) return null;
  const at = ['habeas', 'notify'];
  const { url, secret, client } = notify;
  if (url === undefined && client === undefined) {
    source.report(at, 'needs url and secret, where events are sent, or client, who fetches them.');
  }
  if ((url === undefined) !== (secret === undefined)) source.report(at, 'url and secret belong together: give both.');
  const isKnown = (text: string | undefined): text is string => text !== undefined && !text.includes('${');
  if (isKnown(url)) {
    const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
    if (!isHttp) source.report([...at, 'url'], 'must be an address that begins with http:// or https://.');
    else if (isProduction && !isConfidential(url)) source.report([...at, 'url'], CONFIDENTIAL_MEND.http);
  }
  if (isKnown(secret) && !isWebhookSecret(secret)) {
    source.report(
      [...at, 'secret'],
      'must be whsec_ and 24 to 64 random bytes in base64: echo "whsec_$(openssl rand -base64 32)" makes one.',
    );
  }
  return { url: url ?? null, secret: secret ?? null, client: client ?? null };
}
