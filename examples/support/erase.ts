import type { Sql, TransactionSql } from 'postgres';

/** Why the law, or a promise not yet kept, stands against an erasure. Exactly the shape callers may show to the person. */
export interface Refusal {
  readonly code: string;
  readonly message: Readonly<Record<string, string>>;
}

const OPEN_TICKET: Refusal = {
  code: 'OPEN_TICKET',
  message: {
    en: 'A ticket is still open. Close it, then ask again.',
    cy: 'Mae tocyn yn dal ar agor. Caewch ef, yna gofynnwch eto.',
  },
};

/**
 * Erases a customer with tickets and messages, or answers why not. A dry run makes the same checks and changes
 * nothing. Nothing held, or already erased, is no refusal.
 */
export function eraseCustomer(sql: Sql, externalId: string, dryRun: boolean): Promise<Refusal | null> {
  return sql.begin(async (tx) => {
    const [customer] = await tx<{ id: string }[]>`
      select id from customers where external_id = ${externalId} for update`;
    if (!customer) return null;
    const open = await tx`select 1 from tickets where customer_id = ${customer.id} and status = 'open' limit 1`;
    if (open.length > 0) return OPEN_TICKET;
    if (!dryRun) await remove(tx, customer.id);
    return null;
  });
}

async function remove(tx: TransactionSql, customerId: string): Promise<void> {
  await tx`delete from messages m using tickets t where t.id = m.ticket_id and t.customer_id = ${customerId}`;
  await tx`delete from tickets where customer_id = ${customerId}`;
  await tx`delete from customers where id = ${customerId}`;
}
