import { Field, ID, Int, ObjectType } from 'type-graphql';
import { DateScalar, JsonScalar } from '../scalars.js';
import type { ErasureAction } from '../services/service.js';
import { ErasureActionEnum } from '../services/services.types.js';

@ObjectType({ description: 'What an erasure does with one collection of one service.' })
export class ErasurePlanItem {
  @Field(() => String, { description: 'Name of the service.' })
  service!: string;

  @Field(() => String, { description: 'Name of the collection.' })
  collection!: string;

  @Field(() => ErasureActionEnum, { description: 'What happens to the records.' })
  action!: ErasureAction;

  @Field(() => Int, { description: 'How many records.' })
  records!: number;

  @Field(() => String, { nullable: true, description: 'Why they are kept.' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The law that asks for it, where something is kept.' })
  legalGround!: string | null;

  @Field(() => DateScalar, { nullable: true, description: 'Until when they are kept.' })
  keepUntil!: string | null;
}

@ObjectType({ description: 'What an erasure would do: a dry run.' })
export class ErasurePlan {
  @Field(() => ID, { description: 'Whose data.' })
  accountId!: string;

  @Field(() => [ErasurePlanItem], { description: 'What happens, by service and collection.' })
  items!: ErasurePlanItem[];

  @Field(() => [String], { description: 'What keeps it from being carried out.' })
  blockedBy!: string[];

  @Field(() => String, {
    description:
      'SHA-256 of what is approved: what becomes of each collection, why, and all that is kept. More records that go like those before them change nothing.',
  })
  digest!: string;
}

@ObjectType({ description: 'Proof of an erasure, without personal data.' })
export class ErasureCertificate {
  @Field(() => ID, { description: 'Id of the certificate.' })
  id!: string;

  @Field(() => JsonScalar, { description: 'What was done, when and on whose approval.' })
  json!: unknown;

  @Field(() => String, { description: 'The same, signed: a JSON Web Signature.' })
  jws!: string;
}
