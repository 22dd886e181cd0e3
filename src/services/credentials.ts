/**
 * How Habeas proves itself to a service: a short-lived token for that service alone (RFC 8693 in spirit: never the
 * caller's own token). Scopes are those of the GDPR API, `gdprquery` to read and `gdprdelete` to erase.
 */
export interface ServiceCredentials {
  token(service: { name: string; audience: string }, subject: string, scope: string): Promise<string>;
}
