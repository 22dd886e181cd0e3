import type { Sql } from 'postgres';

/** A node of the GDPR API's answer: a key with a value, or with children. */
export interface TreeNode {
  readonly key: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly value?: string | number | boolean | null;
  readonly children?: readonly TreeNode[];
}

interface CustomerRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly organisation: string;
  readonly language: string;
  readonly call_back_allowed: boolean;
  readonly first_contact_at: Date;
}

interface TicketRow {
  readonly id: string;
  readonly subject: string;
  readonly status: string;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
  readonly satisfaction: number | null;
}

interface MessageRow {
  readonly id: string;
  readonly ticket_id: string;
  readonly author: string;
  readonly body: string;
  readonly sent_at: Date;
}

/** Everything the desk holds about one customer; null where it does not know them. */
export async function customerTree(sql: Sql, externalId: string): Promise<TreeNode | null> {
  const [customer] = await sql<CustomerRow[]>`select * from customers where external_id = ${externalId}`;
  if (!customer) return null;
  const [tickets, messages] = await Promise.all([
    sql<TicketRow[]>`select * from tickets where customer_id = ${customer.id} order by id`,
    sql<MessageRow[]>`
      select m.* from messages m join tickets t on t.id = m.ticket_id where t.customer_id = ${customer.id} order by m.id`,
  ]);
  return {
    key: 'SUPPORT',
    label: { en: 'Support desk', cy: 'Desg gymorth' },
    children: [
      {
        key: 'TICKETS',
        label: { en: 'Tickets', cy: 'Tocynnau' },
        children: tickets.map((ticket) => ticketNode(ticket, of(ticket, messages))),
      },
      profileNode(customer),
    ],
  };
}

function profileNode(customer: CustomerRow): TreeNode {
  return {
    key: 'PROFILE',
    label: { en: 'Profile', cy: 'Proffil' },
    children: [
      { key: 'NAME', value: customer.name },
      { key: 'EMAIL', value: customer.email },
      { key: 'PHONE', value: customer.phone },
      { key: 'ORGANISATION', value: customer.organisation },
      { key: 'LANGUAGE', value: customer.language },
      { key: 'CALL_BACK_ALLOWED', value: customer.call_back_allowed },
      { key: 'FIRST_CONTACT_AT', value: customer.first_contact_at.toISOString() },
    ],
  };
}

function ticketNode(ticket: TicketRow, messages: readonly MessageRow[]): TreeNode {
  return {
    key: 'TICKET',
    children: [
      { key: 'ID', value: `T-${ticket.id}` },
      { key: 'SUBJECT', value: ticket.subject },
      { key: 'STATUS', value: ticket.status },
      { key: 'OPENED_AT', value: ticket.opened_at.toISOString() },
      { key: 'CLOSED_AT', value: ticket.closed_at?.toISOString() ?? null },
      { key: 'SATISFACTION', value: ticket.satisfaction },
      {
        key: 'MESSAGES',
        children: messages.map((message) => ({
          key: 'MESSAGE',
          children: [
            { key: 'ID', value: `M-${message.id}` },
            { key: 'AUTHOR', value: message.author },
            { key: 'SENT_AT', value: message.sent_at.toISOString() },
            { key: 'BODY', value: message.body },
          ],
        })),
      },
    ],
  };
}

const of = (ticket: TicketRow, messages: readonly MessageRow[]) => messages.filter((m) => m.ticket_id === ticket.id);
