/** The value planted in every bad input: it must come back in no answer and no log. */
export const CANARY = 'CANARY7f3a';

/** Who sends a case: the person of the test, a service that may write, or staff. */
export type Sender = 'person' | 'service' | 'staff';

export interface Case {
  readonly what: string;
  readonly by: Sender;
  readonly query: string;
  readonly variables?: unknown;
  readonly code: string;
  /** What the message has to name: the argument, and the mend. */
  readonly says: RegExp;
}

const ACCESS = 'mutation ($input: RequestAccessInput!) { requestAccess(input: $input) { request { id } } }';
const REGISTER = 'mutation ($input: RegisterAccountInput!) { registerAccount(input: $input) { account { id } } }';
const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { account { id } } }';
const LINK = 'mutation ($input: LinkServiceInput!) { linkService(input: $input) { account { id } } }';
const CANCEL = 'mutation ($input: RequestActionInput!) { cancelRequest(input: $input) { request { id } } }';
const FIND =
  'query ($type: IdentifierType!, $value: String!, $service: String) { accountByIdentifier(type: $type, value: $value, service: $service) { id } }';
const QUEUE =
  'query ($after: String, $first: Int, $dueBefore: DateTime) { privacyRequests(after: $after, first: $first, dueBefore: $dueBefore) { totalCount } }';

const bad = (
  what: string,
  by: Sender,
  query: string,
  variables: unknown,
  says: RegExp,
  code = 'BAD_USER_INPUT',
): Case => ({
  what,
  by,
  query,
  variables,
  says,
  code,
});
const access = (what: string, input: object, says: RegExp, code?: string) =>
  bad(what, 'person', ACCESS, { input }, says, code);
const profile = (what: string, change: object, says: RegExp) =>
  bad(what, 'person', UPDATE, { input: { profile: change } }, says);
const cursor = (position: string) => Buffer.from(position).toString('base64url');
const OTHER_ID = '00000000-0000-4000-8000-000000000000';

/** Ids and cursors that are none. */
export const IDS: readonly Case[] = [
  bad(
    'an id that is no UUID',
    'person',
    'query ($id: ID!) { account(id: $id) { id } }',
    { id: CANARY },
    /^id: is not a UUID such as/,
  ),
  bad(
    'an id of SQL',
    'person',
    'query ($id: ID!) { account(id: $id) { id } }',
    { id: `${CANARY}' or 1=1 --` },
    /^id: is not a UUID/,
  ),
  bad(
    'an id among good ones',
    'service',
    `query ($ids: [ID!]!) { accounts(ids: $ids) { id } }`,
    { ids: [OTHER_ID, CANARY] },
    /^ids\[1\]: is not a UUID/,
  ),
  bad(
    '201 ids',
    'service',
    `query ($ids: [ID!]!) { accounts(ids: $ids) { id } }`,
    { ids: Array(201).fill(OTHER_ID) },
    /^ids: holds 201 ids: .*at most 200/,
  ),
  bad(
    'the id of a request',
    'person',
    'query ($id: ID!) { privacyRequest(id: $id) { id } }',
    { id: CANARY },
    /^id: is not a UUID/,
  ),
  bad('the id of a request to cancel', 'person', CANCEL, { input: { requestId: CANARY } }, /^requestId: is not a UUID/),
  bad(
    'the id of an account to link',
    'service',
    LINK,
    { input: { accountId: CANARY, service: 'support', externalId: 'x' } },
    /^accountId: is not a UUID/,
  ),
  bad('the id to register under', 'service', REGISTER, { input: { id: CANARY } }, /^id: is not a UUID/),
  bad(
    'an id nobody has',
    'staff',
    `{ account(id: "${OTHER_ID}") { id } }`,
    undefined,
    /^id: there is no account with this id that you may read/,
    'NOT_FOUND',
  ),
  bad(
    'a request nobody made',
    'person',
    `{ privacyRequest(id: "${OTHER_ID}") { id } }`,
    undefined,
    /^id: there is no request with this id/,
    'NOT_FOUND',
  ),
  bad(
    'somebody else to change',
    'person',
    UPDATE,
    { input: { accountId: OTHER_ID, profile: { displayName: CANARY } } },
    /^accountId: there is no account/,
    'NOT_FOUND',
  ),
  bad('a cursor of nothing', 'staff', QUEUE, { after: CANARY }, /^after: is not a cursor of this list: take one from/),
  bad(
    'a forged cursor: no day',
    'staff',
    QUEUE,
    { after: cursor(`2026-99-99|${OTHER_ID}`) },
    /^after: is not a cursor/,
  ),
  bad(
    'a forged cursor: no id',
    'staff',
    QUEUE,
    { after: cursor(`2026-01-01|${'-'.repeat(36)}`) },
    /^after: is not a cursor/,
  ),
  bad(
    'a forged cursor of one’s own requests',
    'person',
    `{ me { privacyRequests(after: "${cursor('-'.repeat(36))}") { totalCount } } }`,
    undefined,
    /^after: is not a cursor/,
  ),
  bad(
    'a cursor into an empty list',
    'person',
    `{ me { consentHistory(after: "${CANARY}") { totalCount } } }`,
    undefined,
    /^after: is not a cursor/,
  ),
  bad(
    'a cursor of no disclosure',
    'person',
    `{ me { disclosures(after: "${CANARY}") { totalCount } } }`,
    undefined,
    /^after: is not a cursor/,
  ),
  bad(
    'a cursor of no access',
    'person',
    `{ me { accesses(after: "${CANARY}") { totalCount } } }`,
    undefined,
    /^after: is not a cursor/,
  ),
  bad('a page of nothing', 'staff', QUEUE, { first: 0 }, /^first: must be from 1 to 200; page on with "after"/),
  bad('a page of 201', 'staff', QUEUE, { first: 201 }, /^first: must be from 1 to 200/),
  bad(
    'a page of less than nothing',
    'person',
    '{ me { privacyRequests(first: -1) { totalCount } } }',
    undefined,
    /^first: must be from 1 to 200/,
  ),
];

/** Same for the services of the demo company, whose fields take arguments too. */
export const SERVICE_FIELDS: readonly Case[] = [
  bad(
    'a page of a Postgres service',
    'person',
    '{ me { ehcpAudit { audits(first: 201) { totalCount } } } }',
    undefined,
    /^first: .*1 to 200/,
  ),
  bad(
    'a cursor of a Postgres service',
    'person',
    `{ me { ehcpAudit { audits(after: "${CANARY}") { totalCount } } } }`,
    undefined,
    /^after: .*cursor/,
  ),
  bad(
    'a page of an HTTP service',
    'person',
    '{ me { support { tickets(first: 0) { totalCount } } } }',
    undefined,
    /^first: .*1 to 200/,
  ),
  bad(
    'a cursor of an HTTP service',
    'person',
    `{ me { support { tickets(after: "${CANARY}") { totalCount } } } }`,
    undefined,
    /^after: .*cursor/,
  ),
  bad(
    'a page of a subgraph',
    'person',
    '{ me { training { bookings(first: 201) { totalCount } } } }',
    undefined,
    /^Training does not accept an argument/,
  ),
  bad(
    'a cursor of a subgraph',
    'person',
    `{ me { training { bookings(after: "${CANARY}") { totalCount } } } }`,
    undefined,
    /^Training does not accept an argument/,
  ),
];

/** Requests for a copy of everything. */
export const ACCESS_REQUESTS: readonly Case[] = [
  access(
    'a service nobody registered',
    { services: ['habeas', CANARY] },
    /^services: names a service that is not registered. Registered: habeas/,
  ),
  access('no services', { services: [] }, /^services: is empty: leave it out/),
  access('no formats', { formats: [] }, /^formats: is empty: name JSON, CSV or HTML/),
  access(
    'HTML alone for portability',
    { portabilityOnly: true, formats: ['HTML'] },
    /^formats: HTML alone .* add JSON or CSV/,
  ),
  access(
    'an arrival told by the person',
    { receivedAt: '2026-01-01T00:00:00Z' },
    /^receivedAt: only staff/,
    'FORBIDDEN',
  ),
  access('an empty key', { idempotencyKey: '' }, /^idempotencyKey: is empty: leave it out/),
  access('a key of 256 characters', { idempotencyKey: CANARY.padEnd(256, 'x') }, /^idempotencyKey: is longer than 255/),
  access('a key with a NUL', { idempotencyKey: `${CANARY}\0` }, /^idempotencyKey: holds control characters/),
  bad(
    'an arrival in the future',
    'staff',
    ACCESS,
    { input: { accountId: 'PERSON', receivedAt: '2199-01-01T00:00:00Z' } },
    /^receivedAt: lies in the future/,
  ),
  bad(
    'an arrival long ago',
    'staff',
    ACCESS,
    { input: { accountId: 'PERSON', receivedAt: '1999-01-01T00:00:00Z' } },
    /^receivedAt: lies more than 2 years back/,
  ),
  bad('nobody’s request', 'staff', ACCESS, { input: {} }, /^accountId: is needed: say whose/),
  bad(
    'a note of 2001 characters',
    'person',
    CANCEL,
    { input: { requestId: 'REQUEST', note: CANARY.padEnd(2001, 'x') } },
    /^note: is longer than 2000/,
  ),
  bad(
    'a note with a NUL',
    'person',
    CANCEL,
    { input: { requestId: 'REQUEST', note: `${CANARY}\0` } },
    /^note: holds characters that are no text/,
  ),
];

/** Accounts, profiles, identifiers and links. */
export const ACCOUNTS: readonly Case[] = [
  profile('an e-mail without @', { email: CANARY }, /^profile\.email: is not an e-mail address: write it as/),
  profile('an e-mail with a space', { email: `${CANARY} @example.org` }, /^profile\.email: is not an e-mail address/),
  profile(
    'an e-mail of 300 characters',
    { email: `${CANARY.padEnd(300, 'x')}@example.org` },
    /^profile\.email: is longer than 254/,
  ),
  profile('a phone number of letters', { phone: CANARY }, /^profile\.phone: is not a phone number: write it as/),
  profile(
    'a name of 501 characters',
    { displayName: CANARY.padEnd(501, 'x') },
    /^profile\.displayName: is longer than 500/,
  ),
  profile(
    'a name with a bell',
    { givenName: `${CANARY}\u0007` },
    /^profile\.givenName: holds control characters: remove them/,
  ),
  profile('half a character', { familyName: `${CANARY}\ud83d` }, /^profile\.familyName: holds control characters/),
  bad(
    'an account to a person who has one',
    'person',
    REGISTER,
    { input: {} },
    /change it with "updateProfile"/,
    'CONFLICT',
  ),
  bad(
    '21 identifiers',
    'service',
    REGISTER,
    { input: { identifiers: Array(21).fill({ type: 'USERNAME', value: CANARY }) } },
    /^identifiers: holds more than 20/,
  ),
  bad(
    'an identifier twice',
    'service',
    REGISTER,
    { input: { identifiers: Array(2).fill({ type: 'USERNAME', value: CANARY }) } },
    /^identifiers: names one identifier twice/,
  ),
  bad(
    'an empty identifier',
    'service',
    REGISTER,
    { input: { identifiers: [{ type: 'USERNAME', value: ' ' }] } },
    /^identifiers\[0\]\.value: is empty/,
  ),
  bad(
    'a link to a service nobody registered',
    'service',
    REGISTER,
    { input: { links: [{ service: CANARY, externalId: 'x' }] } },
    /^links\[0\]\.service: is not a registered service: see the query "services"/,
  ),
  bad(
    'a link to Habeas itself',
    'service',
    LINK,
    { input: { accountId: 'PERSON', service: 'habeas', externalId: CANARY } },
    /^service: is not a registered service/,
  ),
  bad(
    'a service with another identifier than EXTERNAL_ID',
    'service',
    FIND,
    { type: 'EMAIL', value: `${CANARY}@example.org`, service: 'support' },
    /^service: goes with type EXTERNAL_ID only: leave it out/,
  ),
  bad(
    'an external id at a service nobody registered',
    'service',
    FIND,
    { type: 'EXTERNAL_ID', value: 'x', service: CANARY },
    /^service: is not registered: see/,
  ),
  bad(
    'an empty external id',
    'service',
    FIND,
    { type: 'EXTERNAL_ID', value: '', service: 'support' },
    /^value: is empty/,
  ),
  bad(
    'an external id with a NUL',
    'service',
    FIND,
    { type: 'EXTERNAL_ID', value: `${CANARY}\0`, service: 'support' },
    /^value: holds control characters/,
  ),
  bad(
    'an e-mail to look for that is none',
    'service',
    FIND,
    { type: 'EMAIL', value: CANARY },
    /^value: is not an e-mail address/,
  ),
];

/** What does not fit the schema, in variables and in the document. */
export const SHAPES: readonly Case[] = [
  bad('no variable', 'person', ACCESS, {}, /^Variable "\$input" is needed, as RequestAccessInput!/),
  bad('null for a variable', 'person', ACCESS, { input: null }, /^Variable "\$input" is needed/),
  bad(
    'text for an object',
    'person',
    ACCESS,
    { input: CANARY },
    /^Variable "\$input" has a value that does not fit: it must be of type RequestAccessInput/,
  ),
  bad(
    'an unknown enum value',
    'person',
    ACCESS,
    { input: { formats: [CANARY] } },
    /"input\.formats\[0\]" .* one of the values of ExportFormat/,
  ),
  bad(
    'an unknown input field',
    'person',
    ACCESS,
    { input: { [CANARY]: 1 } },
    /RequestAccessInput has no field of that name/,
  ),
  bad(
    'text for a moment',
    'person',
    ACCESS,
    { input: { receivedAt: CANARY } },
    /"input\.receivedAt" .* of type DateTime/,
  ),
  bad('text for a number', 'staff', QUEUE, { first: CANARY }, /^Variable "\$first" .* of type Int/),
  bad(
    'text for a moment on its own',
    'staff',
    QUEUE,
    { dueBefore: CANARY },
    /^Variable "\$dueBefore" .* of type DateTime/,
  ),
  bad(
    'an object for an id',
    'person',
    'query ($id: ID!) { account(id: $id) { id } }',
    { id: { [CANARY]: CANARY } },
    /^Variable "\$id" .* of type ID/,
  ),
  bad(
    'a missing input field',
    'person',
    CANCEL,
    { input: { note: CANARY } },
    /the field "requestId", a ID!, is missing/,
  ),
  bad(
    'a literal enum value',
    'person',
    `mutation { requestAccess(input: { formats: [${CANARY}] }) { request { id } } }`,
    undefined,
    /^A value at line 1, column 45 does not fit: it must be one of the values of ExportFormat/,
  ),
  bad(
    'a literal moment',
    'person',
    `mutation { requestAccess(input: { receivedAt: "${CANARY}" }) { request { id } } }`,
    undefined,
    /^A value at line 1, column 47 does not fit: it must be of type DateTime/,
  ),
  bad(
    'a literal moment of a query',
    'staff',
    `{ privacyRequests(dueBefore: "${CANARY}") { totalCount } }`,
    undefined,
    /^A value at line 1, column 30 does not fit: it must be of type DateTime/,
  ),
  bad(
    'a literal number',
    'staff',
    `{ privacyRequests(first: "${CANARY}") { totalCount } }`,
    undefined,
    /^A value at line 1, column 26 does not fit: it must be of type Int/,
  ),
  bad(
    'a literal condition',
    'person',
    `{ me @include(if: "${CANARY}") { id } }`,
    undefined,
    /^A value at line 1, column 19 does not fit: it must be of type Boolean/,
  ),
  bad(
    'a default that does not fit',
    'person',
    `query ($f: Int = "${CANARY}") { me { privacyRequests(first: $f) { totalCount } } }`,
    undefined,
    /^A value at line 1, column 18 does not fit: it must be of type Int/,
  ),
  bad(
    'an unknown field',
    'person',
    '{ me { shoeSize } }',
    undefined,
    /^Cannot query field "shoeSize" on type "Account"/,
  ),
  bad(
    'an unknown argument',
    'person',
    `{ me { privacyRequests(size: "${CANARY}") { totalCount } } }`,
    undefined,
    /^Unknown argument "size" on field "Account.privacyRequests"/,
  ),
  bad(
    'a missing argument',
    'person',
    '{ account { id } }',
    undefined,
    /^Field "account" argument "id" of type "ID!" is required/,
  ),
  bad(
    'an object without its fields',
    'person',
    '{ me }',
    undefined,
    /^Field "me" of type "Account" must have a selection of subfields/,
  ),
  bad(
    'an unclosed document',
    'person',
    `{ me { id } # ${CANARY}`,
    undefined,
    /^The document is not GraphQL: syntax error at line 1/,
  ),
  bad(
    'a document that is text',
    'person',
    CANARY,
    undefined,
    /^The document is not GraphQL: syntax error at line 1, column 1/,
  ),
  bad(
    'an unclosed string',
    'person',
    `{ account(id: "${CANARY}) { id } }`,
    undefined,
    /^The document is not GraphQL: syntax error at line 1/,
  ),
  bad(
    'two operations and no name',
    'person',
    'query A { me { id } } query B { me { id } }',
    undefined,
    /^operationName: must name one of the operations/,
  ),
  bad(
    'a subscription without a stream',
    'person',
    `subscription { privacyRequestProgress(id: "${CANARY}") { id } }`,
    undefined,
    /^accept: subscriptions are read as server-sent events: send "accept: text\/event-stream"/,
  ),
];

export const CASES: readonly Case[] = [...IDS, ...SERVICE_FIELDS, ...ACCESS_REQUESTS, ...ACCOUNTS, ...SHAPES];
