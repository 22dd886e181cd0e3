import type { Service } from '../service.js';

const PLACEHOLDER = /\{externalId\}|\$profile_id|\$user_uuid/g;
const MARK = 'HABEAS-EXTERNAL-ID';

/**
 * The path and query at a service for one person. The external id stands where the template has a placeholder, or
 * behind the path; it is one path segment whatever it holds. Null for an id that is none: `.` and `..` walk up.
 */
export type Address = (externalId: string) => string | null;

/** Throws where the template of the manifest is no http address, naming the mend. */
export function addressOf(service: Pick<Service, 'file' | 'name'>, template: string): Address {
  const marked = template.replaceAll(PLACEHOLDER, MARK);
  if (!URL.canParse(marked) || !/^https?:/i.test(marked)) {
    throw new Error(
      `${service.file}: habeas.connection.http.url of ${service.name} is no http(s) address. ` +
        'Write one, e.g. https://support.example/gdpr/{externalId}.',
    );
  }
  const url = new URL(marked);
  if (!marked.includes(MARK)) url.pathname = `${url.pathname.replace(/\/$/, '')}/${MARK}`;
  const path = url.pathname + url.search;
  return (externalId) =>
    /^\.{0,2}$/.test(externalId) ? null : path.replaceAll(MARK, () => encodeURIComponent(externalId));
}
