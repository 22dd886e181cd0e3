import { Field, ID, ObjectType } from 'type-graphql';
import { connectionType } from '../connection.js';
import { DateTimeScalar } from '../scalars.js';
import type { Affiliation, LawfulBasis } from '../services/service.js';
import { AffiliationEnum, LawfulBasisEnum } from '../services/services.types.js';

@ObjectType({ description: 'Data given to somebody outside, once.' })
export class Disclosure {
  @Field(() => ID, { description: 'Id of the disclosure.' })
  id!: string;

  @Field(() => String, { description: 'Who received it.' })
  recipient!: string;

  @Field(() => AffiliationEnum, { description: 'Whether the recipient belongs to the company.' })
  affiliation!: Affiliation;

  @Field(() => [String], { description: 'What was given: Fideslang data categories.' })
  categories!: string[];

  @Field(() => String, { description: 'What for: a Fideslang data use.' })
  purpose!: string;

  @Field(() => LawfulBasisEnum, { description: 'What made it lawful.' })
  basis!: LawfulBasis;

  @Field(() => String, { nullable: true, description: 'Where to: ISO 3166-1 alpha-2 code.' })
  country!: string | null;

  @Field(() => String, { nullable: true, description: 'What allowed it to leave the UK and the EEA.' })
  transferSafeguard!: string | null;

  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date;
}

export const DisclosureConnection = connectionType('Disclosure', Disclosure, 'disclosures');
