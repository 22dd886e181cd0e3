import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { Caller } from '../gate/caller.js';
import { DateTimeScalar } from '../scalars.js';
import type { Affiliation } from '../services/service.js';
import { AffiliationEnum } from '../services/services.types.js';

export const CallerKindEnum = {
  SUBJECT: 'SUBJECT',
  SERVICE: 'SERVICE',
  STAFF: 'STAFF',
  ANONYMOUS: 'ANONYMOUS',
} as const satisfies Record<Caller['kind'], Caller['kind']>;
registerEnumType(CallerKindEnum, {
  name: 'CallerKind',
  description: 'Who is calling.',
  valuesConfig: {
    SUBJECT: { description: 'A person, with their own token.' },
    SERVICE: { description: 'A service client.' },
    STAFF: { description: 'A member of staff.' },
    ANONYMOUS: { description: 'Nobody we know.' },
  },
});

@ObjectType('Client', { description: 'A registered service client.' })
export class ClientType {
  @Field(() => ID, { description: 'Id of the client.' })
  id!: string;

  @Field(() => String, { description: 'Name of the client; the `client_id` of its tokens.' })
  name!: string;

  @Field(() => AffiliationEnum, { description: 'Whether it belongs to the company.' })
  affiliation!: Affiliation;

  @Field(() => [String], { description: 'Purposes it may name.' })
  purposes!: string[];

  @Field(() => String, { nullable: true, description: 'Where it takes data to: ISO 3166-1 alpha-2 code.' })
  country!: string | null;

  @Field(() => String, { nullable: true, description: 'What allows it to take data outside the UK and the EEA.' })
  transferSafeguard!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when it may read nothing any more.' })
  revokedAt!: Date | null;
}

@ObjectType({ description: 'Who is calling, and what they may do.' })
export class Viewer {
  @Field(() => CallerKindEnum, { description: 'What kind of caller it is.' })
  kind!: Caller['kind'];

  @Field(() => ID, { nullable: true, description: 'The caller’s own account.' })
  accountId!: string | null;

  @Field(() => ClientType, { nullable: true, description: 'The client, where a service calls.' })
  client!: ClientType | null;

  @Field(() => [String], { description: 'Roles of a member of staff.' })
  roles!: string[];

  @Field(() => [String], { description: 'Purposes the client may name.' })
  purposes!: string[];
}
