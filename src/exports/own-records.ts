import type { Sql } from 'postgres';
import type { Account } from '../accounts/accounts.js';
import { accessesOf } from '../audit/reads.js';
import { consentHistory } from '../consents/current.js';
import { objectionsOf } from '../consents/objections.js';
import type { Db } from '../database/database.js';
import { preferenceHistory } from '../marketing/history.js';
import { softOptInsOf } from '../marketing/soft-opt-ins.js';
import { eventsOf, requestsOf } from '../requests/requests.js';
import type { RecordPage } from '../services/connector.js';
import type { World } from '../world.js';

const PAGE = 200;

/** What Habeas itself holds about a person, in the collections services/core.ts declares. */
export async function* ownRecords(
  { db, sql }: Pick<World, 'db' | 'sql'>,
  account: Account,
): AsyncGenerator<RecordPage> {
  const { profile, identifiers, links, birthYears, guardianId } = account.record;
  yield {
    collection: 'account',
    records: [
      {
        id: account.id,
        status: account.status,
        created_at: account.createdAt.toISOString(),
        born_from: birthYears?.from ?? null,
        born_to: birthYears?.to ?? null,
        guardian_id: guardianId ?? null,
      },
    ],
  };
  yield {
    collection: 'profile',
    records: [
      {
        given_name: profile.givenName,
        family_name: profile.familyName,
        display_name: profile.displayName,
        email: profile.email,
        phone: profile.phone,
        organisation: profile.organisation,
        job_title: profile.jobTitle,
        postal_address: profile.postalAddress,
        locale: profile.locale,
        updated_at: profile.updatedAt,
      },
    ],
  };
  yield { collection: 'identifiers', records: identifiers };
  yield {
    collection: 'linked_services',
    records: links.map(({ service, externalId, linkedAt }) => ({
      service,
      external_id: externalId,
      linked_at: linkedAt,
    })),
  };
  yield* ownConsents(sql, account.id);
  yield {
    collection: 'objections',
    records: (await objectionsOf(db, account.id)).map(({ purpose, since, channel }) => ({
      purpose,
      since: since.toISOString(),
      channel,
    })),
  };
  yield* ownMarketing(sql, account.id);
  yield* ownRequests(db, account.id);
  yield* ownAccesses(sql, account.id);
}

async function* ownConsents(sql: Sql, accountId: string): AsyncGenerator<RecordPage> {
  for (let before: string | null = null, more = true; more; ) {
    const page = await consentHistory(sql, accountId, PAGE, before);
    yield {
      collection: 'consent_history',
      records: page.rows.map((event) => ({
        purpose: event.purpose,
        action: event.action,
        occurred_at: event.occurredAt.toISOString(),
        recorded_at: event.recordedAt.toISOString(),
        policy_version: event.policyVersion,
        valid_until: event.validUntil?.toISOString() ?? null,
        channel: event.channel,
        actor: event.actor,
        wording: event.wording,
        locale: event.locale,
        evidence: event.evidence,
      })),
    };
    before = page.rows.at(-1)?.id ?? null;
    more = page.hasNextPage;
  }
}

async function* ownMarketing(sql: Sql, accountId: string): AsyncGenerator<RecordPage> {
  for (let before: string | null = null, more = true; more; ) {
    const page = await preferenceHistory(sql, accountId, PAGE, before);
    yield {
      collection: 'marketing_history',
      records: page.rows.map(({ scope, key, action, allowed, occurredAt, recordedAt, channel, actor, evidence }) => ({
        scope,
        key,
        action,
        allowed,
        occurred_at: occurredAt.toISOString(),
        recorded_at: recordedAt.toISOString(),
        channel,
        actor,
        evidence,
      })),
    };
    before = page.rows.at(-1)?.id ?? null;
    more = page.hasNextPage;
  }
  yield {
    collection: 'soft_opt_ins',
    records: (await softOptInsOf(sql, accountId)).map(({ channel, occurredAt, recordedAt, actor, evidence }) => ({
      channel,
      occurred_at: occurredAt.toISOString(),
      recorded_at: recordedAt.toISOString(),
      actor,
      evidence,
    })),
  };
}

async function* ownRequests(db: Db, accountId: string): AsyncGenerator<RecordPage> {
  for (let after: string | null = null, more = true; more; ) {
    const page = await requestsOf(db, accountId, PAGE, after);
    yield {
      collection: 'privacy_requests',
      records: page.rows.map((request) => ({
        id: request.id,
        type: request.type,
        status: request.status,
        channel: request.channel,
        received_at: request.receivedAt.toISOString(),
        due_on: request.dueOn,
        completed_at: request.completedAt?.toISOString() ?? null,
      })),
    };
    const events = await eventsOf(
      db,
      page.rows.map(({ id }) => id),
    );
    yield {
      collection: 'privacy_request_history',
      records: events.map(({ requestId, at, actor, action, note }) => ({
        request_id: requestId,
        at: at.toISOString(),
        actor,
        action,
        note,
      })),
    };
    after = page.rows.at(-1)?.id ?? null;
    more = page.hasNextPage;
  }
}

async function* ownAccesses(sql: World['sql'], accountId: string): AsyncGenerator<RecordPage> {
  for (let before: number | null = null, more = true; more; ) {
    const page = await accessesOf(sql, accountId, PAGE, before);
    yield {
      collection: 'accesses',
      records: page.rows.map(({ at, caller, purpose, categories, services }) => ({
        at: at.toISOString(),
        caller,
        purpose,
        categories,
        services,
      })),
    };
    before = page.rows.at(-1)?.id ?? null;
    more = page.hasNextPage;
  }
}
