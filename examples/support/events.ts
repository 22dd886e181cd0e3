import type { FastifyInstance } from 'fastify';
import type { Sql } from 'postgres';
import { Webhook } from 'standardwebhooks';

interface PrivacyEvent {
  readonly type: string;
  readonly data: { readonly externalId: string; readonly occurredAt: string; readonly purpose?: string };
}

/** What Habeas tells the desk of its customers, at `/privacy-events`: signed, and written down once. */
export async function takeEvents(app: FastifyInstance, sql: Sql): Promise<void> {
  const secret = process.env.EVENTS_SECRET;
  if (!secret) return;
  const webhook = new Webhook(secret);
  await sql`
    create table if not exists privacy_events (
      id text primary key, customer text not null, type text not null, purpose text, occurred_at timestamptz not null)`;
  // The signature is of the body as it came.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post<{ Body: string }>('/privacy-events', async (request, reply) => {
    const headers = request.headers as Record<string, string>;
    let event: PrivacyEvent;
    try {
      event = webhook.verify(request.body, headers) as PrivacyEvent;
    } catch {
      return reply
        .status(401)
        .send({ errors: [{ code: 'SIGNATURE', message: { en: 'The signature does not fit.' } }] });
    }
    const { type, data } = event;
    await sql`
      insert into privacy_events (id, customer, type, purpose, occurred_at)
      values (${headers['webhook-id'] ?? ''}, ${data.externalId}, ${type}, ${data.purpose ?? null}, ${data.occurredAt})
      on conflict do nothing`;
    return reply.status(204).send();
  });
}
