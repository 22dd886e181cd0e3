import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import type { Caller } from '../gate/caller.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';
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

  /** Behind `trustedDocumentsOnly` in the graph. */
  manifestId!: string | null;
}

@InputType({ description: 'Who a service client is to be.' })
export class RegisterClientInput {
  @Field(() => String, {
    description: 'Its name, the `client_id` of its tokens: lower-case letters, digits and hyphens. No other has it.',
  })
  name!: string;

  @Field(() => AffiliationEnum, { description: 'Whether it belongs to the company.' })
  affiliation!: Affiliation;

  @Field(() => String, { description: 'Where it takes data to: ISO 3166-1 alpha-2 code.' })
  country!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What allows it to take data outside the UK and the EEA: adequacy, IDTA, SCC_UK_ADDENDUM, BCR or derogation.',
  })
  transferSafeguard?: string | null;

  @Field(() => [String], {
    description:
      'Purposes it may name: Fideslang data uses. No marketing for an external client, profiling for nobody.',
  })
  purposes!: string[];
}

@InputType({ description: 'Which documents a client may ask.' })
export class TrustDocumentsInput {
  @Field(() => ID, { description: 'The client.' })
  clientId!: string;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'SHA-256 of each document, in hexadecimal digits, to its text; they take the place of all before. Must be given; null: any document again.',
  })
  documents?: unknown;
}

@ObjectType({ description: 'The result of an act on a client.' })
export class ClientPayload {
  @Field(() => ClientType, { description: 'The client as it is now.' })
  client!: ClientType;

  @Field(() => String, {
    nullable: true,
    description: 'Its secret, told this once, when it is registered: it is sent as a bearer token.',
  })
  secret!: string | null;
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
