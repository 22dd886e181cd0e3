import { runService } from '../company/service-process.js';
import { ehcpAuditStore } from './store.js';

/** The audit tool. Habeas reads its database; this small API is the tool's own. */
await runService({
  name: 'ehcp_audit',
  store: ehcpAuditStore,
  routes(app, sql) {
    app.get<{ Querystring: { member?: string } }>('/audits', async (request, reply) => {
      const { member } = request.query;
      if (typeof member !== 'string')
        return reply.status(400).send({ error: 'member: say whose, e.g. ?member=M-000001' });
      const audits = await sql`
        select a.id, a.title, a.status, a.opened_at, a.closed_at, count(p.id)::int as plans
          from members m
          join audits a on a.lead_member_id = m.id
          left join audited_plans p on p.audit_id = a.id
         where m.external_id = ${member}
         group by a.id
         order by a.id
         limit 200`;
      return reply.send({ audits });
    });
  },
});
