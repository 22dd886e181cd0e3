import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType } from '../connection.js';
import type { CollectionChannel } from '../requests/requests.js';
import { CollectionChannelEnum } from '../requests/requests.types.js';
import { DateTimeScalar } from '../scalars.js';
import type { MarketingChannel } from './channels.js';
import type { PreferenceAction, PreferenceScope } from './ledger.js';
import { MarketingChannelEnum, MarketingPreferencesInput } from './wishes.types.js';

export const PreferenceScopeEnum = {
  ALL: 'ALL',
  CHANNEL: 'CHANNEL',
  TOPIC: 'TOPIC',
} as const satisfies Record<PreferenceScope, PreferenceScope>;
registerEnumType(PreferenceScopeEnum, {
  name: 'PreferenceScope',
  description: 'What a preference is about.',
  valuesConfig: {
    ALL: { description: 'All marketing.' },
    CHANNEL: { description: 'One channel.' },
    TOPIC: { description: 'One subject.' },
  },
});

export const PreferenceActionEnum = {
  SAID: 'SAID',
  UNSUBSCRIBED: 'UNSUBSCRIBED',
  UNDONE: 'UNDONE',
} as const satisfies Record<PreferenceAction, PreferenceAction>;
registerEnumType(PreferenceActionEnum, {
  name: 'PreferenceAction',
  description: 'How a preference came about.',
  valuesConfig: {
    SAID: { description: 'The person said so, or somebody for them.' },
    UNSUBSCRIBED: { description: 'By the link of a message.' },
    UNDONE: { description: 'An unsubscription was undone: what held before it holds again.' },
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
  channels!: readonly ChannelPreference[];

  @Field(() => [TopicPreference], { description: 'One entry per subject the company markets about.' })
  topics!: readonly TopicPreference[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'When the person last said so; null: never.' })
  updatedAt!: Date | null;
}

@ObjectType({ description: 'Something a person said of marketing.' })
export class MarketingEvent {
  @Field(() => ID, { description: 'Id of the event.' })
  id!: string;

  @Field(() => PreferenceScopeEnum, { description: 'What it is about.' })
  scope!: PreferenceScope;

  @Field(() => String, { description: 'The channel or the key of the subject; empty for all.' })
  key!: string;

  @Field(() => PreferenceActionEnum, { description: 'How it came about.' })
  action!: PreferenceAction;

  @Field(() => Boolean, { description: 'Whether it was allowed.' })
  allowed!: boolean;

  @Field(() => DateTimeScalar, { description: 'When the person said so.' })
  occurredAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was entered here.' })
  recordedAt!: Date;

  @Field(() => CollectionChannelEnum, { description: 'How it reached us.' })
  channel!: CollectionChannel;

  @Field(() => String, { description: 'Who acted: a role, never a name.' })
  actor!: string;

  @Field(() => String, { nullable: true, description: 'Where the proof is kept.' })
  evidence!: string | null;
}

export const MarketingEventConnection = connectionType('MarketingEvent', MarketingEvent, 'marketing events');

@InputType({ description: 'What a person wants of marketing from now on. What is left out stays as it is.' })
export class UpdateMarketingPreferencesInput extends MarketingPreferencesInput {
  @Field(() => ID, { nullable: true, description: 'Whose; a person may leave it out for their own.' })
  accountId?: string | null;

  @Field(() => CollectionChannelEnum, { nullable: true, description: 'How it reached us; staff always say.' })
  channel?: CollectionChannel | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the person said so, where it is entered later. It never undoes what was said after.',
  })
  occurredAt?: Date | null;

  @Field(() => String, { nullable: true, description: 'Where the proof is kept, e.g. the file of a letter.' })
  evidence?: string | null;
}

@ObjectType({ description: 'The result of a change of marketing preferences.' })
export class MarketingPreferencesPayload {
  @Field(() => MarketingPreferences, { description: 'What holds now.' })
  marketingPreferences!: MarketingPreferences;
}
