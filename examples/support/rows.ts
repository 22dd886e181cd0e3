import type { Row, TableRows } from '../company/bulk-load.js';
import { repeat, soonAfter, tableRows } from '../company/invented-rows.js';
import { fakerOf, type Person, REFERENCE_DATE } from '../people.js';
import { FROM_CUSTOMER, FROM_DESK, SUBJECTS } from './wording.js';

const AMOUNTS = {
  light: { tickets: [1, 3], messages: [2, 5] },
  moderate: { tickets: [9, 9], messages: [4, 4] },
  heavy: { tickets: [70, 90], messages: [4, 9] },
} as const;
const DAY = 86_400_000;
/** A quiet ticket is closed after this many days. */
const OPEN_DAYS = 60;

/** The support desk's first day, always the same for the same people. */
export function supportRows(people: readonly Person[]): TableRows[] {
  const faker = fakerOf(3);
  const customers: Row[] = [];
  const tickets: Row[] = [];
  const messages: Row[] = [];
  for (const person of people) {
    if (person.externalIds.support === undefined) continue;
    const customer = customers.push([
      customers.length + 1,
      person.externalIds.support,
      person.displayName,
      person.emails[0] ?? null,
      person.phone,
      person.organisation,
      person.locale,
      faker.datatype.boolean(),
      person.registeredAt,
    ]);
    repeat(faker, AMOUNTS[person.volume].tickets, () => {
      const openedAt = faker.date.between({ from: person.registeredAt, to: REFERENCE_DATE });
      const open = REFERENCE_DATE.getTime() - openedAt.getTime() < OPEN_DAYS * DAY && faker.datatype.boolean(0.6);
      let lastSaid = openedAt;
      const ticket = tickets.length + 1;
      repeat(faker, AMOUNTS[person.volume].messages, (turn) => {
        const fromCustomer = turn % 2 === 0;
        const body = faker.helpers.arrayElement(fromCustomer ? FROM_CUSTOMER : FROM_DESK);
        messages.push([messages.length + 1, ticket, fromCustomer ? 'customer' : 'support desk', body, lastSaid]);
        lastSaid = soonAfter(faker, lastSaid, 3);
      });
      const satisfaction = open || faker.datatype.boolean(0.5) ? null : faker.number.int({ min: 1, max: 5 });
      const subject = faker.helpers.arrayElement(SUBJECTS);
      const status = open ? 'open' : 'closed';
      tickets.push([ticket, customer, subject, status, openedAt, open ? null : lastSaid, satisfaction]);
    });
  }
  return [
    tableRows(
      'customers',
      'id external_id name email phone organisation language call_back_allowed first_contact_at',
      customers,
    ),
    tableRows('tickets', 'id customer_id subject status opened_at closed_at satisfaction', tickets),
    tableRows('messages', 'id ticket_id author body sent_at', messages),
  ];
}
