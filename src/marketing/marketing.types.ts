import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { DateTimeScalar } from '../scalars.js';

export const MarketingChannelEnum = { EMAIL: 'EMAIL', PHONE: 'PHONE', SMS: 'SMS', POST: 'POST' } as const;
export type MarketingChannel = keyof typeof MarketingChannelEnum;
registerEnumType(MarketingChannelEnum, {
  name: 'MarketingChannel',
  description: 'A way of reaching people with direct marketing.',
  valuesConfig: {
    EMAIL: { description: 'E-mail.' },
    PHONE: { description: 'Telephone calls.' },
    SMS: { description: 'Text messages.' },
    POST: { description: 'Letters.' },
  },
});

@ObjectType({ description: 'Whether marketing may come by one channel.' })
export class ChannelPreference {
  @Field(() => MarketingChannelEnum, { description: 'The channel.' })
  channel!: MarketingChannel;

  @Field(() => Boolean, { description: 'Whether it may be used.' })
  allowed!: boolean;
}

@ObjectType({ description: 'Whether marketing may be about one subject.' })
export class TopicPreference {
  @Field(() => String, { description: 'Key of the subject.' })
  topic!: string;

  @Field(() => String, { description: 'The subject in plain words.' })
  title!: string;

  @Field(() => Boolean, { description: 'Whether it may be written about.' })
  allowed!: boolean;
}

@ObjectType({ description: 'What a person lets us market to them, and how.' })
export class MarketingPreferences {
  @Field(() => Boolean, { description: 'Whether the person wants no marketing at all.' })
  optedOutOfAll!: boolean;

  @Field(() => [ChannelPreference], { description: 'One entry per channel.' })
  channels!: ChannelPreference[];

  @Field(() => [TopicPreference], { description: 'One entry per subject the company markets about.' })
  topics!: TopicPreference[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the person last said so; null: never.' })
  updatedAt!: Date | null;
}
