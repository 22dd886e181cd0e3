import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
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

  @Field(() => String, { description: 'The same, signed: a JSON Web Signature.' })
  jws!: string;
}

@ObjectType({ description: 'Where a person stands on one use of their data that needs their consent.' })
export class Consent {
  @Field(() => PurposeType, { description: 'The use.' })
  purpose!: PurposeType;

  @Field(() => ConsentStatusEnum, { description: 'Whether it is permitted.' })
  status!: ConsentStatus;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when.' })
  since!: Date | null;

  @Field(() => Int, { nullable: true, description: 'Version of the privacy policy it was said under.' })
  policyVersion!: number | null;

  @Field(() => ConsentReceipt, { nullable: true, description: 'The receipt of a consent given.' })
  receipt!: ConsentReceipt | null;
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

  @Field(() => Int, { description: 'Version of the privacy policy it was said under.' })
  policyVersion!: number;

  @Field(() => CollectionChannelEnum, { description: 'How it reached us.' })
  channel!: CollectionChannel;

  @Field(() => String, { description: 'Who acted: a role, never a name.' })
  actor!: string;

  @Field(() => String, { nullable: true, description: 'The words the person was shown.' })
  wording!: string | null;
}

export const ConsentEventConnection = connectionType('ConsentEvent', ConsentEvent, 'consent events');
