import { Directive, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { MarketingPreferencesInput } from '../marketing/wishes.types.js';
import { DateTimeScalar } from '../scalars.js';
import { personalData } from '../services/core.js';
import type { Service } from '../services/service.js';
import { ServiceType } from '../services/services.types.js';
import type { AccountRecord } from './account-record.js';
import type { AccountStatus } from './accounts.js';
import type { IdentifierType } from './identifier.js';

export const AccountStatusEnum = {
  ACTIVE: 'ACTIVE',
  RESTRICTED: 'RESTRICTED',
  ERASING: 'ERASING',
  ERASED: 'ERASED',
} as const satisfies Record<AccountStatus, AccountStatus>;
registerEnumType(AccountStatusEnum, {
  name: 'AccountStatus',
  description: 'What may be done with an account.',
  valuesConfig: {
    ACTIVE: { description: 'In use.' },
    RESTRICTED: { description: 'Stored only: processing is restricted (Article 18).' },
    ERASING: { description: 'Erasure has begun.' },
    ERASED: { description: 'Erased (Article 17).' },
  },
});

export const IdentifierTypeEnum = {
  EMAIL: 'EMAIL',
  PHONE: 'PHONE',
  USERNAME: 'USERNAME',
  EXTERNAL_ID: 'EXTERNAL_ID',
} as const satisfies Record<IdentifierType, IdentifierType>;
registerEnumType(IdentifierTypeEnum, {
  name: 'IdentifierType',
  description: 'What a person can be recognised by.',
  valuesConfig: {
    EMAIL: { description: 'E-mail address.' },
    PHONE: { description: 'Telephone number in E.164 form, such as +441632960123.' },
    USERNAME: { description: 'Name to log in with.' },
    EXTERNAL_ID: { description: 'Id at another system.' },
  },
});

@ObjectType({ description: 'Account information all services share.' })
export class Profile {
  @Directive(personalData('user.name.first'))
  @Field(() => String, { nullable: true, description: 'Given name.' })
  givenName!: string | null;

  @Directive(personalData('user.name.last'))
  @Field(() => String, { nullable: true, description: 'Family name.' })
  familyName!: string | null;

  @Directive(personalData('user.name'))
  @Field(() => String, { nullable: true, description: 'Name shown to others.' })
  displayName!: string | null;

  @Directive(personalData('user.contact.email'))
  @Field(() => String, { nullable: true, description: 'E-mail address to write to.' })
  email!: string | null;

  @Directive(personalData('user.contact.phone_number'))
  @Field(() => String, { nullable: true, description: 'Telephone number.' })
  phone!: string | null;

  @Directive(personalData('user.contact.organization'))
  @Field(() => String, { nullable: true, description: 'School, authority or company the person works for.' })
  organisation!: string | null;

  @Directive(personalData('user.job_title'))
  @Field(() => String, { nullable: true, description: 'Job title.' })
  jobTitle!: string | null;

  @Directive(personalData('user.contact.address'))
  @Field(() => String, { nullable: true, description: 'Postal address, as written on an envelope.' })
  postalAddress!: string | null;

  @Directive(personalData('user.account.settings'))
  @Field(() => String, { nullable: true, description: 'Preferred language, as a BCP 47 tag such as en-GB.' })
  locale!: string | null;

  @Directive(personalData('user.account'))
  @Field(() => DateTimeScalar, { nullable: true, description: 'When the profile was last changed.' })
  updatedAt!: Date | null;
}

@ObjectType({ description: 'Something a person is recognised by.' })
export class Identifier {
  @Directive(personalData('user.account'))
  @Field(() => IdentifierTypeEnum, { description: 'What kind of identifier it is.' })
  type!: IdentifierType;

  @Directive(personalData('user.unique_id'))
  @Field(() => String, { description: 'The identifier, in the spelling it is compared in.' })
  value!: string;

  @Directive(personalData('user.account'))
  @Field(() => Boolean, {
    description: 'Whether it is proven to be this person’s. Only verified ones find an account.',
  })
  verified!: boolean;
}

@ObjectType({ description: 'A service that knows the person.' })
export class ServiceLink {
  @Directive(personalData('user.account'))
  @Field(() => ServiceType, { description: 'The service.' })
  service!: Service;

  @Directive(personalData('user.unique_id'))
  @Field(() => String, { description: 'Id of the person at that service.' })
  externalId!: string;

  @Directive(personalData('user.account'))
  @Field(() => DateTimeScalar, { description: 'When the link was recorded.' })
  linkedAt!: Date;
}

@Directive('@key(fields: "id")')
@ObjectType('Account', { description: 'A person, as all services know them. Each registered service adds one field.' })
export class AccountType {
  @Field(() => ID, { description: 'Id of the account; the only id services need to share.' })
  id!: string;

  @Field(() => AccountStatusEnum, { description: 'What may be done with the account.' })
  status!: AccountStatus;

  @Directive(personalData('user.account'))
  @Field(() => DateTimeScalar, { description: 'When the account was made.' })
  createdAt!: Date;

  /** The opened record, for the fields below; not in the graph itself. */
  record!: AccountRecord;
}

@ObjectType({ description: 'The result of a change of an account.' })
export class AccountPayload {
  @Field(() => AccountType, { description: 'The account as it is now.' })
  account!: AccountType;
}

@InputType({ description: 'Shared account information. What is left out stays as it is; null empties it.' })
export class ProfileInput {
  @Field(() => String, { nullable: true, description: 'Given name.' })
  givenName?: string | null;

  @Field(() => String, { nullable: true, description: 'Family name.' })
  familyName?: string | null;

  @Field(() => String, { nullable: true, description: 'Name shown to others.' })
  displayName?: string | null;

  @Field(() => String, { nullable: true, description: 'E-mail address to write to.' })
  email?: string | null;

  @Field(() => String, { nullable: true, description: 'Telephone number.' })
  phone?: string | null;

  @Field(() => String, { nullable: true, description: 'School, authority or company the person works for.' })
  organisation?: string | null;

  @Field(() => String, { nullable: true, description: 'Job title.' })
  jobTitle?: string | null;

  @Field(() => String, { nullable: true, description: 'Postal address, as written on an envelope.' })
  postalAddress?: string | null;

  @Field(() => String, { nullable: true, description: 'Preferred language, as a BCP 47 tag such as en-GB.' })
  locale?: string | null;
}

@InputType({ description: 'Something the person is recognised by.' })
export class IdentifierInput {
  @Field(() => IdentifierTypeEnum, { description: 'What kind of identifier it is.' })
  type!: IdentifierType;

  @Field(() => String, { description: 'The identifier.' })
  value!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Whether it is proven to be this person’s. Believed of services and staff; a person’s own claim is checked against their login.',
  })
  verified!: boolean;
}

@InputType({ description: 'This person is known to a service under an id of its own.' })
export class ServiceLinkInput {
  @Field(() => String, { description: 'Name of the service, as `services` lists it.' })
  service!: string;

  @Field(() => String, { description: 'Id of the person at that service.' })
  externalId!: string;
}

@ObjectType('BirthYears', { description: 'The years a person may have been born in: all that is kept of their age.' })
export class BirthYearsType {
  @Field(() => Int, { description: 'The earliest.' })
  from!: number;

  @Field(() => Int, { description: 'The latest.' })
  to!: number;
}

@InputType({ description: 'The years a person may have been born in.' })
export class BirthYearsInput {
  @Field(() => Int, { description: 'The earliest.' })
  from!: number;

  @Field(() => Int, { description: 'The latest; the same where the year is known.' })
  to!: number;
}

@InputType({ description: 'Who agrees for a child. What is left out stays as it is; null removes it.' })
export class RecordGuardianInput {
  @Field(() => ID, { description: 'Account of the child.' })
  accountId!: string;

  @Field(() => BirthYearsInput, { nullable: true, description: 'The years the child may have been born in.' })
  birthYears?: BirthYearsInput | null;

  @Field(() => ID, { nullable: true, description: 'Account of the guardian.' })
  guardianId?: string | null;
}

@InputType({ description: 'A person to register.' })
export class RegisterAccountInput {
  @Field(() => ID, {
    nullable: true,
    description: 'UUID to register under, where the company has one already; services and staff only.',
  })
  id?: string | null;

  @Field(() => ProfileInput, { nullable: true, description: 'Shared account information.' })
  profile?: ProfileInput | null;

  @Field(() => [IdentifierInput], { nullable: true, description: 'What the person is recognised by; at most 20.' })
  identifiers?: IdentifierInput[] | null;

  @Field(() => [ServiceLinkInput], {
    nullable: true,
    description: 'Services that know the person; services and staff only.',
  })
  links?: ServiceLinkInput[] | null;

  @Field(() => BirthYearsInput, {
    nullable: true,
    description: 'The years the person may have been born in: whether they are asked for consent themself.',
  })
  birthYears?: BirthYearsInput | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Account of whoever agrees for a child; services and staff only.',
  })
  guardianId?: string | null;

  @Field(() => MarketingPreferencesInput, {
    nullable: true,
    description: 'What the person lets us market to them; what is left out is not allowed.',
  })
  marketingPreferences?: MarketingPreferencesInput | null;
}

@InputType({ description: 'A change of shared account information (Article 16).' })
export class UpdateProfileInput {
  @Field(() => ID, { nullable: true, description: 'Whose profile; a person may leave it out for their own.' })
  accountId?: string | null;

  @Field(() => ProfileInput, { description: 'What to change.' })
  profile!: ProfileInput;
}

@InputType({ description: 'A link between an account and a service.' })
export class LinkServiceInput {
  @Field(() => ID, { description: 'The account.' })
  accountId!: string;

  @Field(() => String, { description: 'Name of the service, as `services` lists it.' })
  service!: string;

  @Field(() => String, { description: 'Id of the person at that service.' })
  externalId!: string;
}
