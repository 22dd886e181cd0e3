import { Field, ObjectType } from 'type-graphql';
import { connectionType } from '../connection.js';
import { DateTimeScalar } from '../scalars.js';

@ObjectType('Access', { description: 'A read of a person’s data by a service or by staff.' })
export class AccessType {
  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date;

  @Field(() => String, { description: 'Who read: a role or a client’s name.' })
  caller!: string;

  @Field(() => String, { nullable: true, description: 'What for: a Fideslang data use; staff act under their role.' })
  purpose!: string | null;

  @Field(() => [String], {
    description: 'What was read: Fideslang data categories. What was withheld is not among them.',
  })
  categories!: string[];

  @Field(() => [String], { description: 'Services that were asked for it.' })
  services!: string[];
}

export const AccessConnection = connectionType('Access', AccessType, 'accesses');
