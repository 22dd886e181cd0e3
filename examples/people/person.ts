import { createHash } from 'node:crypto';

/** The day the demo stands still at: no record is younger, whatever the clock says. */
export const REFERENCE_DATE = new Date('2026-09-01T00:00:00Z');

export type ServiceName = 'ehcp_audit' | 'training' | 'support' | 'newsletter';
export const SERVICES: readonly ServiceName[] = ['ehcp_audit', 'training', 'support', 'newsletter'];

/** Somebody Lantern Education holds an account for. */
export interface Person {
  /** UUID, version 5: the same on every machine. */
  readonly accountId: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly displayName: string;
  /** At least one; the first is the address to write to, a second is a private one. */
  readonly emails: readonly string[];
  /** E.164, out of the numbers Ofcom keeps free for drama. */
  readonly phone: string;
  readonly organisation: string;
  readonly jobTitle: string;
  readonly postalAddress: string;
  /** BCP 47. */
  readonly locale: string;
  readonly registeredAt: Date;
  /** What this person is called at each service that knows them; a service that does not is not named. */
  readonly externalIds: Readonly<Partial<Record<ServiceName, string>>>;
  /** How much the services hold: up to a hundred records, some three hundred, or thousands. */
  readonly volume: 'light' | 'moderate' | 'heavy';
}

/** The account id of the nth person, by RFC 9562 §5.5 over a name of their own. */
export function accountIdOf(index: number): string {
  const namespace = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex'); // the RFC's namespace for domain names
  const bytes = createHash('sha1')
    .update(namespace)
    .update(`person-${index}.lantern-education.example`)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Known to all four services, with some three hundred records: the person every walk through the demo uses. */
export const PERSON_OF_THE_DEMO: Person = {
  accountId: accountIdOf(0),
  givenName: 'Siobhán',
  familyName: "O'Neill",
  displayName: "Siobhán O'Neill",
  emails: ['siobhan.oneill@oakfield-thornbeck.example', 'siobhan@oneill-family.example'],
  phone: '+447700900000',
  organisation: 'Oakfield Primary School, Thornbeck',
  jobTitle: 'SENCO',
  postalAddress: '14 Mill Lane, Thornbeck, TZ4 7QR',
  locale: 'en-GB',
  registeredAt: new Date('2021-09-06T08:15:00Z'),
  externalIds: {
    ehcp_audit: 'M-000001',
    training: accountIdOf(0),
    support: 'SUP-7K3M9QXA',
    newsletter: 'R-100001',
  },
  volume: 'moderate',
};
