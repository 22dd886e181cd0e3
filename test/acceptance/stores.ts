import postgres from 'postgres';
import type { Person, ServiceName } from '../../examples/people/person.js';
import type { DataRecord, Json } from '../../src/services/connector.js';

/** What a service's own tables hold about a person, by collection: read with SQL, past Habeas. */
export type Held = Readonly<Record<string, readonly DataRecord[]>>;

/** Statements by collection; each row is one `record`, as the service's manifest or schema shapes it. */
type Statements = Readonly<Record<string, string>>;

/** Parameters: $1 the person's id at the service, $2 their e-mail addresses. */
const EHCP_AUDIT: Statements = (() => {
  const members = 'select * from members where external_id = $1 or lower(email) = any($2)';
  const audits = `select a.* from audits a join (${members}) m on a.lead_member_id = m.id`;
  const plans = `select p.* from audited_plans p join (${audits}) a on p.audit_id = a.id`;
  return {
    members: `select jsonb_build_object('id', id, 'external_id', external_id, 'email', email, 'name', name, 'role', role,
                'organisation_id', organisation_id, 'joined_at', joined_at) record from (${members}) m`,
    organisations: `select jsonb_build_object('id', o.id, 'name', o.name, 'kind', o.kind, 'town', o.town,
                'licensed_until', o.licensed_until) record
                from organisations o where o.id in (select organisation_id from (${members}) m)`,
    audits: `select jsonb_build_object('id', id, 'lead_member_id', lead_member_id, 'title', title, 'status', status,
                'opened_at', opened_at, 'closed_at', closed_at) record from (${audits}) a`,
    audited_plans: `select jsonb_build_object('id', id, 'audit_id', audit_id, 'plan_reference', plan_reference,
                'year_group', year_group, 'needs_category', needs_category, 'overall_grade', overall_grade,
                'audited_at', audited_at) record from (${plans}) p`,
    findings: `select jsonb_build_object('id', f.id, 'audited_plan_id', f.audited_plan_id, 'criterion', f.criterion,
                'grade', f.grade, 'note', f.note, 'recorded_at', f.recorded_at) record
                from findings f join (${plans}) p on f.audited_plan_id = p.id`,
    comments: `select jsonb_build_object('id', c.id, 'author_member_id', c.author_member_id, 'finding_id', c.finding_id,
                'body', c.body, 'written_at', c.written_at) record
                from comments c join (${members}) m on c.author_member_id = m.id`,
  };
})();

const NEWSLETTER: Statements = (() => {
  const subscriptions = 'select * from subscriptions where external_id = $1 or lower(email) = any($2)';
  const sends = `select s.* from sends s join (${subscriptions}) u on s.subscription_id = u.id`;
  return {
    subscriptions: `select jsonb_build_object('id', id, 'email', email, 'external_id', external_id, 'topic', topic,
                'source', source, 'subscribed_at', subscribed_at, 'unsubscribed_at', unsubscribed_at) record
                from (${subscriptions}) u`,
    sends: `select jsonb_build_object('id', id, 'subscription_id', subscription_id, 'campaign_id', campaign_id,
                'sent_at', sent_at, 'status', status) record from (${sends}) s`,
    campaigns: `select jsonb_build_object('id', id, 'title', title, 'topic', topic, 'sent_at', sent_at) record
                from campaigns where id in (select campaign_id from (${sends}) s)`,
    opens: `select jsonb_build_object('id', o.id, 'send_id', o.send_id, 'opened_at', o.opened_at,
                'user_agent', o.user_agent) record from opens o join (${sends}) s on o.send_id = s.id`,
  };
})();

/** The desk numbers what it shows: T- for tickets, M- for messages. It knows nobody by e-mail. */
const SUPPORT: Statements = {
  profile: `select jsonb_build_object('name', name, 'email', email, 'phone', phone, 'organisation', organisation,
              'language', language, 'call_back_allowed', call_back_allowed, 'first_contact_at', first_contact_at) record
              from customers where external_id = $1 and $2::text[] is not null`,
  tickets: `select jsonb_build_object('id', 'T-' || t.id, 'subject', t.subject, 'status', t.status,
              'opened_at', t.opened_at, 'closed_at', t.closed_at, 'satisfaction', t.satisfaction, 'messages',
              (select coalesce(jsonb_agg(jsonb_build_object('id', 'M-' || m.id, 'author', m.author,
                 'sent_at', m.sent_at, 'body', m.body) order by m.id), '[]') from messages m where m.ticket_id = t.id))
              record
              from tickets t join customers c on c.id = t.customer_id
              where c.external_id = $1 and $2::text[] is not null`,
};

/** The training team knows a learner by account id; ids are strings in its graph. */
const TRAINING: Statements = (() => {
  const course = `jsonb_build_object('id', c.id::text, 'title', c.title, 'summary', c.summary, 'topic', c.topic,
              'format', c.format, 'startsOn', c.starts_on, 'places', c.places)`;
  return {
    training: `select jsonb_build_object('registeredAt', l.registered_at, 'accessNeeds', l.access_needs, 'nextCourse',
                (select ${course} from bookings b join courses c on c.id = b.course_id
                  where b.account_id = l.account_id and b.status = 'confirmed' and c.starts_on >= current_date
                  order by c.starts_on, c.id limit 1)) record
                from learners l where l.account_id::text = $1 and $2::text[] is not null`,
    bookings: `select jsonb_build_object('id', b.id::text, 'bookedAt', b.booked_at, 'status', b.status,
                'attended', b.attended, 'feedback', b.feedback, 'course', ${course}) record
                from bookings b join courses c on c.id = b.course_id
                where b.account_id::text = $1 and $2::text[] is not null`,
    certificates: `select jsonb_build_object('id', id::text, 'serial', serial, 'issuedOn', issued_on,
                'expiresOn', expires_on) record
                from certificates where account_id::text = $1 and $2::text[] is not null`,
  };
})();

const STATEMENTS: Readonly<Record<ServiceName, Statements>> = {
  ehcp_audit: EHCP_AUDIT,
  newsletter: NEWSLETTER,
  support: SUPPORT,
  training: TRAINING,
};

/** Reads one service's store. A person the service was never told of is known there by e-mail at most. */
export async function heldBy(storeUrl: string, service: ServiceName, person: Person): Promise<Held> {
  const sql = postgres(storeUrl, { max: 1, onnotice: () => {}, connection: { TimeZone: 'UTC' } });
  try {
    const held: Record<string, DataRecord[]> = {};
    for (const [collection, statement] of Object.entries(STATEMENTS[service])) {
      const externalId = person.externalIds[service] ?? null;
      const rows = await sql.unsafe<{ record: DataRecord }[]>(statement, [externalId, [...person.emails]]);
      if (rows.length > 0) held[collection] = rows.map(({ record }) => record);
    }
    return held;
  } finally {
    await sql.end();
  }
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** One spelling for an instant, whoever wrote it; everything else as it is. */
export function comparable(value: Json): Json {
  if (typeof value === 'string') return INSTANT.test(value) ? new Date(value).toISOString() : value;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, comparable(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Records in an order of their own content, so that two lists can be compared one by one. */
export const inOneOrder = (records: readonly DataRecord[]): string[] =>
  records.map((record) => JSON.stringify(comparable(record))).sort();
