import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { DateScalar, DateTimeScalar } from '../scalars.js';
import type { LawfulBasis } from '../services/service.js';
import { LawfulBasisEnum } from '../services/services.types.js';

@ObjectType('PolicyVersion', { description: 'A version of the privacy policy. Once published it never changes.' })
export class PolicyVersionType {
  @Field(() => Int, { description: 'Number of the version.' })
  version!: number;

  @Field(() => DateScalar, { description: 'Day (London) from which it is in force, until the next version is.' })
  effectiveFrom!: string;

  @Field(() => String, { description: 'Title of the policy.' })
  title!: string;

  @Field(() => String, { description: 'The whole text, in Markdown.' })
  text!: string;

  @Field(() => String, { description: 'SHA-256 of the text in UTF-8, in hexadecimal.' })
  textSha256!: string;

  @Field(() => DateTimeScalar, { description: 'When it was published.' })
  publishedAt!: Date;
}

@ObjectType({ description: 'The result of publishing a version of the privacy policy.' })
export class PolicyPayload {
  @Field(() => PolicyVersionType, { description: 'The version as published.' })
  policy!: PolicyVersionType;
}

@InputType({ description: 'A use of personal data, as a version of the policy tells people of it.' })
export class PolicyPurposeInput {
  @Field(() => String, { description: 'Fideslang data-use key, such as essential.service.' })
  key!: string;

  @Field(() => String, { description: 'Title in plain words.' })
  title!: string;

  @Field(() => String, { description: 'What it means for the person: what they agree to, where it rests on consent.' })
  description!: string;

  @Field(() => LawfulBasisEnum, { description: 'What makes it lawful.' })
  lawfulBasis!: LawfulBasis;

  @Field(() => [String], { description: 'Fideslang data categories it uses.' })
  categories!: string[];

  @Field(() => String, { nullable: true, description: 'How long data is kept for it: an ISO 8601 duration or words.' })
  retention?: string | null;

  @Field(() => [String], { defaultValue: [], description: 'Who gets data for it.' })
  recipients!: string[];

  @Field(() => Boolean, { defaultValue: false, description: 'Whether it is direct marketing.' })
  marketing!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether it has changed so much that consent given under earlier versions no longer covers it.',
  })
  material!: boolean;
}

@InputType({ description: 'A version of the privacy policy to publish.' })
export class PublishPolicyInput {
  @Field(() => Int, { description: 'Number of the version, higher than that of every version before.' })
  version!: number;

  @Field(() => DateScalar, {
    description: 'Day (London) from which it is in force, later than that of every version before.',
  })
  effectiveFrom!: Date | string;

  @Field(() => String, { description: 'Title of the policy.' })
  title!: string;

  @Field(() => String, { description: 'The whole text, in Markdown.' })
  text!: string;

  @Field(() => [PolicyPurposeInput], { description: 'Every use of personal data.' })
  purposes!: PolicyPurposeInput[];
}
