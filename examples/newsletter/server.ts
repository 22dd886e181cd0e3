import { runService } from '../company/service-process.js';
import { newsletterStore } from './store.js';

/** The newsletter's sender. Habeas reads its database; this small API is the sender's own. */
await runService({
  name: 'newsletter',
  store: newsletterStore,
  routes(app, sql) {
    app.get<{ Querystring: { email?: string } }>('/subscriptions', async (request, reply) => {
      const { email } = request.query;
      if (typeof email !== 'string')
        return reply.status(400).send({ error: 'email: say whose, e.g. ?email=a@b.example' });
      const subscriptions = await sql`
        select id, topic, source, subscribed_at, unsubscribed_at
          from subscriptions
         where lower(email) = lower(${email})
         order by id
         limit 200`;
      return reply.send({ subscriptions });
    });
  },
});
