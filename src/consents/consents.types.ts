import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType } from '../connection.js';
import type { CollectionChannel } from '../requests/requests.js';
import { CollectionChannelEnum } from '../requests/requests.types.js';
import { DateTimeScalar, JsonScalar } from '../scalars.js';
import { PurposeType } from '../services/services.types.js';

export const ConsentStatusEnum = {
  NEVER_ASKED: 'NEVER_ASKED',
  GIVEN: 'GIVEN',
  WITHDRAWN: 'WITHDRAWN',
  EXPIRED: 'EXPIRED',
  NEEDS_RENEWAL: 'NEEDS_RENEWAL',
} as const;
export type ConsentStatus = keyof typeof ConsentStatusEnum;
registerEnumType(ConsentStatusEnum, {
  name: 'ConsentStatus',
  description: 'Whether a person agrees to a use of their data. Only GIVEN permits it.',
  valuesConfig: {
    NEVER_ASKED: { description: 'The person has not said.' },
    GIVEN: { description: 'The person agreed.' },
    WITHDRAWN: { description: 'The person took it back.' },
    EXPIRED: { description: 'It was given too long ago.' },
    NEEDS_RENEWAL: { description: 'What was agreed to has changed.' },
  },
});

export const ConsentActionEnum = { GIVEN: 'GIVEN', WITHDRAWN: 'WITHDRAWN', EXPIRED: 'EXPIRED' } as const;
registerEnumType(ConsentActionEnum, {
  name: 'ConsentAction',
  description: 'What happened to a consent.',
  valuesConfig: {
    GIVEN: { description: 'It was given.' },
    WITHDRAWN: { description: 'It was taken back.' },
    EXPIRED: { description: 'It ended by rule.' },
  },
});

@ObjectType({ description: 'What a person keeps of a consent: the fields of ISO/IEC TS 27560, signed.' })
export class ConsentReceipt {
  @Field(() => ID, { description: 'Id of the receipt.' })
  id!: string;

  @Field(() => JsonScalar, { description: 'The fields of the receipt.' })
  json!: unknown;

  @Field(() => String, {
    description: 'The same, signed: a JSON Web Signature, to be verified with /.well-known/jwks.json.',
  })
  jws!: string;
}

@ObjectType({ description: 'Where a person stands on one use of their data that needs their consent.' })
export class Consent {
  @Field(() => PurposeType, { description: 'The use.' })
  purpose!: PurposeType;

  @Field(() => ConsentStatusEnum, { description: 'Whether it is permitted.' })
  status!: ConsentStatus;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when: when the person said so, or when it ended.',
  })
  since!: Date | null;

  @Field(() => Int, { nullable: true, description: 'Version of the privacy policy it was said under.' })
  policyVersion!: number | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when a consent given holds.' })
  validUntil!: Date | null;

  @Field(() => String, { nullable: true, description: 'The words the person was shown when they agreed.' })
  wording!: string | null;

  /** Whose; null where nobody is known, before login. `receipt` is read by it. */
  accountId!: string | null;
}

@ObjectType({ description: 'A consent given, taken back or ended.' })
export class ConsentEvent {
  @Field(() => ID, { description: 'Id of the event.' })
  id!: string;

  @Field(() => String, { description: 'The use: a Fideslang data-use key.' })
  purpose!: string;

  @Field(() => ConsentActionEnum, { description: 'What happened.' })
  action!: keyof typeof ConsentActionEnum;

  @Field(() => DateTimeScalar, { description: 'When the person said so.' })
  occurredAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was entered here.' })
  recordedAt!: Date;

  @Field(() => Int, {
    description: 'Version of the privacy policy it was said under; 0 where none had been published.',
  })
  policyVersion!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when a consent given holds.' })
  validUntil!: Date | null;

  @Field(() => CollectionChannelEnum, { description: 'How it reached us.' })
  channel!: CollectionChannel;

  @Field(() => String, { description: 'Who acted: a role, never a name.' })
  actor!: string;

  @Field(() => String, { nullable: true, description: 'The words the person was shown.' })
  wording!: string | null;

  @Field(() => String, { nullable: true, description: 'Language of the words, as a BCP 47 tag.' })
  locale!: string | null;

  @Field(() => String, { nullable: true, description: 'Where the proof is kept.' })
  evidence!: string | null;

  accountId!: string;
}

export const ConsentEventConnection = connectionType('ConsentEvent', ConsentEvent, 'consent events');

@ObjectType({ description: 'A use of their data a person has objected to (Article 21): it has stopped.' })
export class Objection {
  @Field(() => String, { description: 'The use, and all uses below it: a Fideslang data-use key.' })
  purpose!: string;

  @Field(() => DateTimeScalar, { description: 'When the objection reached us.' })
  since!: Date;

  @Field(() => CollectionChannelEnum, { description: 'How it reached us.' })
  channel!: CollectionChannel;
}

@ObjectType({ description: 'The result of giving or taking back one consent.' })
export class ConsentPayload {
  @Field(() => Consent, { description: 'Where the person stands on this use now.' })
  consent!: Consent;
}

@ObjectType({ description: 'The result of taking back every consent.' })
export class ConsentsPayload {
  @Field(() => [Consent], { description: 'Where the person stands now, one entry per use that needs consent.' })
  consents!: Consent[];
}

@ObjectType({ description: 'The result of taking back an objection.' })
export class ObjectionsPayload {
  @Field(() => [Objection], { description: 'The objections that still stand.' })
  objections!: Objection[];
}

@InputType({ description: 'A person agrees to a use of their data.' })
export class GiveConsentInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Who agrees; a person may leave it out for themself, a guardian names the child.',
  })
  accountId?: string | null;

  @Field(() => String, { description: 'The use: a Fideslang data-use key the policy names.' })
  purpose!: string;

  @Field(() => Int, { description: 'Version of the privacy policy the person was shown.' })
  policyVersion!: number;

  @Field(() => CollectionChannelEnum, {
    nullable: true,
    description: 'How it reached us; API where left out. Staff always name it.',
  })
  channel?: CollectionChannel | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The words the person was shown; those of the policy for this use where left out. Staff always give them.',
  })
  wording?: string | null;

  @Field(() => String, { nullable: true, description: 'Language of the words, as a BCP 47 tag such as en-GB.' })
  locale?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the person agreed, where it is entered later.' })
  occurredAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where the proof is kept, such as the file of a letter; no personal data. At most 500 characters.',
  })
  evidence?: string | null;
}

@InputType({ description: 'A person takes a consent back. No reason is asked.' })
export class WithdrawConsentInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Whose consent; a person may leave it out for their own, a guardian names the child.',
  })
  accountId?: string | null;

  @Field(() => String, { description: 'The use, and all uses below it: a Fideslang data-use key.' })
  purpose!: string;

  @Field(() => CollectionChannelEnum, { defaultValue: 'API', description: 'How it reached us.' })
  channel!: CollectionChannel;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the person said so, where it is entered later.' })
  occurredAt?: Date | null;
}

@InputType({ description: 'A person takes every consent back. No reason is asked.' })
export class WithdrawAllConsentsInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Whose consents; a person may leave it out for their own, a guardian names the child.',
  })
  accountId?: string | null;

  @Field(() => CollectionChannelEnum, { defaultValue: 'API', description: 'How it reached us.' })
  channel!: CollectionChannel;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the person said so, where it is entered later.' })
  occurredAt?: Date | null;
}

@InputType({ description: 'A person objects to a use of their data (Article 21).' })
export class ObjectToProcessingInput {
  @Field(() => ID, { nullable: true, description: 'Who objects; a person may leave it out for themself.' })
  accountId?: string | null;

  @Field(() => String, { description: 'The use, and all uses below it: a Fideslang data-use key.' })
  purpose!: string;

  @Field(() => String, { nullable: true, description: 'Why, where the person says so.' })
  reason?: string | null;

  @Field(() => CollectionChannelEnum, { defaultValue: 'API', description: 'How the objection reached us.' })
  channel!: CollectionChannel;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it reached us, where staff enter it later.' })
  receivedAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Your own key for this request: the same key again answers the same request. At most 255 characters.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A person takes an objection back.' })
export class WithdrawObjectionInput {
  @Field(() => ID, { nullable: true, description: 'Whose objection; a person may leave it out for their own.' })
  accountId?: string | null;

  @Field(() => String, { description: 'The use as it was objected to: a Fideslang data-use key.' })
  purpose!: string;
}
