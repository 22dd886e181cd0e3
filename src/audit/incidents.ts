import type { Sql } from 'postgres';

/**
 * `WRONG_SUBJECT`: a service that was asked about one person answered with the data of another. `ERASED_SUBJECT`: somebody
 * who was erased was to come back under an old id.
 */
export type IncidentKind = 'WRONG_SUBJECT' | 'ERASED_SUBJECT';

/** What a service did that it must never do. */
export interface Incident {
  readonly at: Date;
  readonly service: string;
  readonly kind: IncidentKind;
  /** Whom the service was asked about; null where the question was about nobody in particular. */
  readonly accountId: string | null;
  /** For whoever looks into it, such as the coordinate of the field. Never personal data. */
  readonly detail: string;
}

/** Writes incidents down, all with one statement; durable when it resolves. */
export async function recordIncidents(sql: Sql, incidents: readonly Incident[]): Promise<void> {
  if (incidents.length > 0) await sql.unsafe(WRITE, [JSON.stringify(incidents)], { prepare: true });
}

const WRITE = `
  insert into incidents (at, service, kind, account_id, detail)
  select at, service, kind, "accountId", detail
  from jsonb_to_recordset($1::text::jsonb)
    as incident (at timestamptz, service text, kind text, "accountId" uuid, detail text)`;
