import { Field, ObjectType, registerEnumType } from 'type-graphql';
import type { Affiliation, ErasureAction, LawfulBasis, ServiceKind } from './service.js';

export const AffiliationEnum = { AFFILIATED: 'AFFILIATED', EXTERNAL: 'EXTERNAL' } as const satisfies Record<
  Affiliation,
  Affiliation
>;
registerEnumType(AffiliationEnum, {
  name: 'Affiliation',
  description: 'Whether a service or recipient belongs to the company.',
  valuesConfig: {
    AFFILIATED: { description: 'One of the company’s own.' },
    EXTERNAL: { description: 'Somebody else’s: reads nothing without consent.' },
  },
});

export const ServiceKindEnum = {
  SUBGRAPH: 'SUBGRAPH',
  HTTP: 'HTTP',
  POSTGRES: 'POSTGRES',
  CORE: 'CORE',
} as const satisfies Record<ServiceKind, ServiceKind>;
registerEnumType(ServiceKindEnum, {
  name: 'ServiceKind',
  description: 'How Habeas reaches a service.',
  valuesConfig: {
    SUBGRAPH: { description: 'An Apollo Federation 2 subgraph.' },
    HTTP: { description: 'An HTTP service that speaks the GDPR API.' },
    POSTGRES: { description: 'A Postgres database, read directly.' },
    CORE: { description: 'Habeas itself.' },
  },
});

export const ErasureActionEnum = {
  DELETE: 'DELETE',
  ANONYMISE: 'ANONYMISE',
  MASK: 'MASK',
  KEEP: 'KEEP',
} as const satisfies Record<ErasureAction, ErasureAction>;
registerEnumType(ErasureActionEnum, {
  name: 'ErasureAction',
  description: 'What an erasure does with records.',
  valuesConfig: {
    DELETE: { description: 'They go.' },
    ANONYMISE: { description: 'What remains identifies nobody.' },
    MASK: { description: 'They stay, without what identifies the person.' },
    KEEP: { description: 'They stay for a stated reason and time.' },
  },
});

export const LawfulBasisEnum = {
  CONSENT: 'CONSENT',
  CONTRACT: 'CONTRACT',
  LEGAL_OBLIGATION: 'LEGAL_OBLIGATION',
  VITAL_INTERESTS: 'VITAL_INTERESTS',
  PUBLIC_TASK: 'PUBLIC_TASK',
  LEGITIMATE_INTERESTS: 'LEGITIMATE_INTERESTS',
} as const satisfies Record<LawfulBasis, LawfulBasis>;
registerEnumType(LawfulBasisEnum, {
  name: 'LawfulBasis',
  description: 'What makes processing lawful (UK GDPR Article 6(1)).',
  valuesConfig: {
    CONSENT: { description: 'The person agreed (a).' },
    CONTRACT: { description: 'A contract with the person needs it (b).' },
    LEGAL_OBLIGATION: { description: 'The law demands it (c).' },
    VITAL_INTERESTS: { description: 'Somebody’s life may depend on it (d).' },
    PUBLIC_TASK: { description: 'A task in the public interest needs it (e).' },
    LEGITIMATE_INTERESTS: { description: 'An interest that the person’s rights do not outweigh (f).' },
  },
});

@ObjectType({ description: 'One field of a collection.' })
export class DataField {
  @Field(() => String, { description: 'Name of the field at the service.' })
  name!: string;

  @Field(() => String, {
    description: 'Fideslang data category; "unclassified" where none is declared: then no service may read it.',
  })
  category!: string;

  @Field(() => [String], { description: 'Purposes (Fideslang data uses) a service may read it for.' })
  purposes!: string[];
}

@ObjectType({ description: 'A kind of record a service holds about people.' })
export class DataCollection {
  @Field(() => String, { description: 'Name of the collection.' })
  name!: string;

  @Field(() => [DataField], { description: 'What each record consists of.' })
  fields!: DataField[];

  @Field(() => String, { nullable: true, description: 'How long records are kept: an ISO 8601 duration or words.' })
  retention!: string | null;

  @Field(() => ErasureActionEnum, { description: 'What an erasure does with the records.' })
  erasure!: ErasureAction;
}

@ObjectType('Service', { description: 'A registered service and what it holds.' })
export class ServiceType {
  @Field(() => String, {
    description:
      'Name of the service; its field on Account is this name in camelCase, unless the manifest says otherwise.',
  })
  name!: string;

  @Field(() => String, { description: 'Title people know it by.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'What the service is.' })
  description!: string | null;

  @Field(() => ServiceKindEnum, { description: 'How Habeas reaches it.' })
  kind!: ServiceKind;

  @Field(() => AffiliationEnum, { description: 'Whether it belongs to the company.' })
  affiliation!: Affiliation;

  @Field(() => String, { nullable: true, description: 'Where the data rests: ISO 3166-1 alpha-2 code.' })
  country!: string | null;

  @Field(() => String, { nullable: true, description: 'What allows the data to rest outside the UK and the EEA.' })
  transferSafeguard!: string | null;
}

@ObjectType('Purpose', { description: 'Something personal data is used for.' })
export class PurposeType {
  @Field(() => String, { description: 'Fideslang data-use key, such as essential.service.' })
  key!: string;

  @Field(() => String, { description: 'Title in plain words.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'What it means for the person.' })
  description!: string | null;

  @Field(() => LawfulBasisEnum, { description: 'What makes it lawful; the strictest where services differ.' })
  lawfulBasis!: LawfulBasis;

  @Field(() => Boolean, { description: 'Whether it is direct marketing, which a person can always refuse.' })
  marketing!: boolean;

  @Field(() => [String], {
    nullable: true,
    description: 'Fideslang data categories it uses, as a version of the policy names them; null outside of one.',
  })
  categories?: readonly string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'How long data is kept for it, as a version of the policy says; null outside of one.',
  })
  retention?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Who gets data for it, as a version of the policy names them; null outside of one.',
  })
  recipients?: readonly string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether that version of the policy asks for consent anew; null outside of one.',
  })
  material?: boolean | null;
}
