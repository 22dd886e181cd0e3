import { fileURLToPath } from 'node:url';
import type { DataRecord } from '../../../src/services/connector.js';
import { CORE } from '../../../src/services/core.js';
import { loadManifests } from '../../../src/services/manifest.js';
import { taxonomy } from '../../../src/services/taxonomy.js';
import { type Held, pack, pagesOf } from './packing.js';

const MANIFESTS = fileURLToPath(new URL('../../../examples/manifests', import.meta.url));
const ENVIRONMENT = {
  EHCP_AUDIT_DATABASE_URL: 'postgres://localhost/ehcp_audit',
  EHCP_AUDIT_ERASE_URL: 'postgres://localhost/ehcp_audit',
  TRAINING_URL: 'http://localhost:4001',
  SUPPORT_URL: 'http://localhost:4002',
  SUPPORT_EVENTS_SECRET: 'whsec_bm90aGluZyBpcyBzdGFydGVkLCBub3RoaW5nIGlz',
  NEWSLETTER_DATABASE_URL: 'postgres://localhost/newsletter',
  NEWSLETTER_ERASE_URL: 'postgres://localhost/newsletter',
};

/** What the demo company might hold about one person who does not exist; the newsletter could not be read. */
export async function packSample(folder: string) {
  const services = await loadManifests(MANIFESTS, ENVIRONMENT);
  const named = (name: string) => {
    const service = [CORE, ...services].find((candidate) => candidate.name === name);
    if (!service) throw new Error(`no manifest of ${name}`);
    return service;
  };
  const held = (name: string, collections: Record<string, DataRecord[]>): Held => ({
    service: named(name),
    pages: pagesOf(...Object.entries(collections).map(([collection, records]) => ({ collection, records }))),
  });
  return await pack(
    folder,
    [
      held(CORE.name, { account: ACCOUNT, profile: PROFILE, identifiers: IDENTIFIERS }),
      held('ehcp_audit', { members: MEMBERS, audits: AUDITS, findings: FINDINGS }),
      held('training', { bookings: BOOKINGS }),
      held('support', { profile: SUPPORT_PROFILE, tickets: TICKETS }),
    ],
    {
      failed: [{ service: named('newsletter'), reason: 'The service did not answer from 24 to 26 November.' }],
      person: {
        accountId: '5f0c7e1a-3d8b-4c57-9a36-b1d20f6ae914',
        displayName: 'Amara Okafor',
        emails: ['amara.okafor@quayside.example', 'amara@okafor.example'],
      },
      about: {
        titleOf: (kind, key) => taxonomy[kind](key)?.title ?? key,
        disclosures: [
          {
            recipient: 'Portsmouth City Council',
            purpose: 'Answer to a school place appeal',
            at: new Date('2026-05-12T10:00:00Z'),
          },
        ],
      },
    },
  );
}

const ACCOUNT: DataRecord[] = [
  { id: '5f0c7e1a-3d8b-4c57-9a36-b1d20f6ae914', status: 'active', created_at: '2023-09-04T08:12:45Z' },
];
const PROFILE: DataRecord[] = [
  {
    given_name: 'Amara',
    family_name: 'Okafor',
    display_name: 'Amara Okafor',
    email: 'amara.okafor@quayside.example',
    phone: '+44 23 9200 0000',
    organisation: 'Quayside Primary School',
    job_title: 'SEN coordinator',
    postal_address: null,
    locale: 'en-GB',
    updated_at: '2026-09-01T07:55:10Z',
  },
];
const IDENTIFIERS: DataRecord[] = [
  { type: 'EMAIL', value: 'amara.okafor@quayside.example', verified: true },
  { type: 'EMAIL', value: 'amara@okafor.example', verified: true },
  { type: 'PHONE', value: '+44 23 9200 0000', verified: false },
];
const MEMBERS: DataRecord[] = [
  {
    id: 214,
    external_id: 'M-000214',
    email: 'amara.okafor@quayside.example',
    name: 'Amara Okafor',
    role: 'SEN coordinator',
    organisation_id: 31,
    joined_at: '2023-09-04T08:12:45Z',
  },
];
const AUDITS: DataRecord[] = [
  {
    id: 901,
    title: 'Autumn moderation, Key Stage 2',
    status: 'closed',
    plans: 12,
    opened_at: '2025-10-06T09:00:00Z',
    closed_at: '2025-10-24T15:40:00Z',
  },
  {
    id: 955,
    title: 'Annual reviews, Year 5',
    status: 'closed',
    plans: 8,
    opened_at: '2026-02-02T09:30:00Z',
    closed_at: '2026-02-20T11:05:00Z',
  },
  {
    id: 1012,
    title: 'Section F: is provision specific?',
    status: 'open',
    plans: 15,
    opened_at: '2026-11-09T08:45:00Z',
    closed_at: null,
  },
];
const FINDINGS: DataRecord[] = [
  {
    id: 5501,
    audit_id: 901,
    section: 'B',
    score: 4,
    text: 'Needs are described clearly and in the order they matter.',
    recorded_at: '2025-10-14T13:20:00Z',
  },
  {
    id: 5502,
    audit_id: 901,
    section: 'E',
    score: 2,
    text: 'Two outcomes cannot be measured; suggested wording was added.',
    recorded_at: '2025-10-14T13:41:00Z',
  },
  {
    id: 5610,
    audit_id: 955,
    section: 'F',
    score: 3,
    text: 'Provision is quantified for speech and language, not for occupational therapy.',
    recorded_at: '2026-02-11T10:02:00Z',
  },
];
const BOOKINGS: DataRecord[] = [
  {
    id: 'B-7730',
    course: { title: 'Writing outcomes that can be measured', place: 'Portsmouth' },
    date: '2026-03-17',
    attended: true,
    dietary_needs: 'Vegetarian',
    certificate: 'C-20260317-118',
    feedback: 'Clear, practical, and the case studies were ours.',
  },
  {
    id: 'B-8102',
    course: { title: 'Chairing an annual review', place: 'Online' },
    date: '2026-12-03',
    attended: null,
    dietary_needs: null,
    certificate: null,
    feedback: null,
  },
];
const SUPPORT_PROFILE: DataRecord[] = [
  {
    name: 'Amara Okafor',
    email: 'amara.okafor@quayside.example',
    phone: '+44 23 9200 0000',
    organisation: 'Quayside Primary School',
    language: 'en-GB',
    call_back_allowed: true,
    first_contact_at: '2023-09-11T16:02:00Z',
  },
];
const TICKETS: DataRecord[] = [
  {
    id: 'T-20417',
    subject: 'Findings do not appear in the printed report',
    status: 'closed',
    opened_at: '2025-10-20T09:14:00+01:00',
    closed_at: '2025-10-21T12:30:00+01:00',
    satisfaction: 5,
    messages: [
      {
        id: 'm1',
        author: 'customer',
        sent_at: '2025-10-20T09:14:00+01:00',
        body: 'Hello, two findings of our autumn audit are missing in the PDF.\nOn the screen they are there.',
      },
      {
        id: 'm2',
        author: 'support desk',
        sent_at: '2025-10-21T12:28:00+01:00',
        body: 'Thank you for telling us. Findings recorded after the report was opened were left out; that is mended.',
      },
    ],
  },
  {
    id: 'T-23988',
    subject: 'Change of surname',
    status: 'open',
    opened_at: '2026-11-18T15:47:00Z',
    closed_at: null,
    satisfaction: null,
    messages: [
      {
        id: 'm1',
        author: 'customer',
        sent_at: '2026-11-18T15:47:00Z',
        body: 'Could you change my name from Okafor-Bright to Okafor everywhere, please?',
      },
    ],
  },
];
