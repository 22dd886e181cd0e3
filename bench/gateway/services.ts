/**
 * The four services of the gateway's measurement. Each adds one branch to `Account`: two figures and a list of five
 * records, about 0.7 KB for one person. What is said here is all that SDL, manifests, tables and questions are made of.
 */
export type FieldType = 'Int' | 'String' | 'Boolean';

export interface BenchService {
  /** Name of the service, of its field on `Account` and of its table. */
  readonly name: string;
  /** Type of one record of its list. */
  readonly item: string;
  /** Fideslang data category of all it holds. */
  readonly category: string;
  readonly figures: Readonly<Record<string, FieldType>>;
  readonly fields: Readonly<Record<string, FieldType>>;
}

export const SERVICES: readonly BenchService[] = [
  {
    name: 'orders',
    item: 'Order',
    category: 'user.behavior.purchase_history',
    figures: { open: 'Int', spentPence: 'Int' },
    fields: {
      number: 'String',
      orderedOn: 'String',
      product: 'String',
      quantity: 'Int',
      pence: 'Int',
      delivered: 'Boolean',
    },
  },
  {
    name: 'messages',
    item: 'Message',
    category: 'user.content.private',
    figures: { unread: 'Int', written: 'Int' },
    fields: { sentAt: 'String', subject: 'String', opening: 'String', read: 'Boolean' },
  },
  {
    name: 'learning',
    item: 'Course',
    category: 'user.behavior',
    figures: { hours: 'Int', certificates: 'Int' },
    fields: { title: 'String', tutor: 'String', beganOn: 'String', percent: 'Int', completed: 'Boolean' },
  },
  {
    name: 'devices',
    item: 'Device',
    category: 'user.device',
    figures: { registered: 'Int', blocked: 'Int' },
    fields: { label: 'String', system: 'String', address: 'String', lastSeenAt: 'String', trusted: 'Boolean' },
  },
];

/** The list of records, in every service. */
export const LIST = 'recent';
export const RECORDS = 5;

/** What a service asks for: all there is, for one purpose that rests on the person's consent. */
export const PURPOSE = 'personalize.content';

/** The same service where it is a Postgres database that Habeas reads directly: its name, and its field on `Account`. */
export const storeName = ({ name }: BenchService): string => `${name}_store`;
export const storeField = ({ name }: BenchService): string => `${name}Store`;

export const typeOf = ({ name }: BenchService): string => name.charAt(0).toUpperCase() + name.slice(1);

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
