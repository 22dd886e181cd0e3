import { print } from 'graphql';
import { TYPE_DEFINITIONS } from './training/sdl.js';

/** What the manifests' placeholders stand for when nothing is started. */
export const NOWHERE = {
  EHCP_AUDIT_DATABASE_URL: 'postgres://127.0.0.1:1/ehcp_audit',
  EHCP_AUDIT_ERASE_URL: 'postgres://127.0.0.1:1/ehcp_audit',
  NEWSLETTER_DATABASE_URL: 'postgres://127.0.0.1:1/newsletter',
  NEWSLETTER_ERASE_URL: 'postgres://127.0.0.1:1/newsletter',
  TRAINING_URL: 'http://127.0.0.1:1',
  SUPPORT_URL: 'http://127.0.0.1:1',
  SUPPORT_EVENTS_SECRET: 'whsec_bm90aGluZyBpcyBzdGFydGVkLCBub3RoaW5nIGlz',
} as const;

/** The SDL a service would tell if it ran, by service. The others' follow from their manifests. */
export const SDLS: Readonly<Record<string, string>> = { training: print(TYPE_DEFINITIONS) };
