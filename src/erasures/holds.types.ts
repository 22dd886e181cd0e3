import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { connectionType } from '../connection.js';
import { DateTimeScalar } from '../scalars.js';

@ObjectType({ description: 'A reason for which a person’s data must not be erased for now.' })
export class LegalHold {
  @Field(() => ID, { description: 'Id of the hold.' })
  id!: string;

  @Field(() => ID, { description: 'Account whose data it keeps.' })
  accountId!: string;

  @Field(() => String, { nullable: true, description: 'The one service it is about; null: everything.' })
  service!: string | null;

  @Field(() => String, { nullable: true, description: 'The one collection of the service; null: all of them.' })
  collection!: string | null;

  @Field(() => String, { description: 'Why.' })
  reason!: string;

  @Field(() => String, { description: 'The role that placed it.' })
  placedBy!: string;

  @Field(() => DateTimeScalar, { description: 'Since when.' })
  placedAt!: Date;

  @Field(() => String, { nullable: true, description: 'The role that ended it.' })
  releasedBy!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it ended.' })
  releasedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it ended.' })
  releaseNote!: string | null;
}

export const LegalHoldConnection = connectionType('LegalHold', LegalHold, 'legal holds');

@InputType({ description: 'A hold on what is held of a person.' })
export class PlaceLegalHoldInput {
  @Field(() => ID, { description: 'Whose data.' })
  accountId!: string;

  @Field(() => String, { description: 'Why it must be kept. The person can read it. At most 2,000 characters.' })
  reason!: string;

  @Field(() => String, { nullable: true, description: 'One service only; left out: everything.' })
  service?: string | null;

  @Field(() => String, { nullable: true, description: 'One collection of the service only; left out: all of them.' })
  collection?: string | null;
}

@InputType({ description: 'The end of a hold.' })
export class ReleaseLegalHoldInput {
  @Field(() => ID, { description: 'The hold.' })
  holdId!: string;

  @Field(() => String, { description: 'Why it ends. The person can read it. At most 2,000 characters.' })
  note!: string;
}

@ObjectType({ description: 'The result of placing or releasing a hold.' })
export class LegalHoldPayload {
  @Field(() => LegalHold, { description: 'The hold as it is now.' })
  legalHold!: LegalHold;
}
