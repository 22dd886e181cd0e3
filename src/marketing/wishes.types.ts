import { Field, InputType, registerEnumType } from 'type-graphql';
import type { MarketingChannel } from './channels.js';

export const MarketingChannelEnum = {
  EMAIL: 'EMAIL',
  PHONE: 'PHONE',
  SMS: 'SMS',
  POST: 'POST',
} as const satisfies Record<MarketingChannel, MarketingChannel>;
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

@InputType({ description: 'Whether marketing may come by one channel.' })
export class ChannelPreferenceInput {
  @Field(() => MarketingChannelEnum, { description: 'The channel.' })
  channel!: MarketingChannel;

  @Field(() => Boolean, { description: 'Whether it may be used.' })
  allowed!: boolean;
}

@InputType({ description: 'Whether marketing may be about one subject.' })
export class TopicPreferenceInput {
  @Field(() => String, { description: 'Key of the subject.' })
  topic!: string;

  @Field(() => Boolean, { description: 'Whether it may be written about.' })
  allowed!: boolean;
}

@InputType({ description: 'What a person lets us market to them, and how. What is left out stays as it is.' })
export class MarketingPreferencesInput {
  @Field(() => Boolean, {
    nullable: true,
    description: 'True: no marketing at all, whatever is said of channels and topics. Only an explicit false lifts it.',
  })
  optOutOfAll?: boolean | null;

  @Field(() => [ChannelPreferenceInput], { nullable: true, description: 'Each channel once, at most.' })
  channels?: ChannelPreferenceInput[] | null;

  @Field(() => [TopicPreferenceInput], { nullable: true, description: 'Each topic once, at most.' })
  topics?: TopicPreferenceInput[] | null;
}
