import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { PageInfo } from '../connection.js';
import { DateTimeScalar } from '../scalars.js';
import type { MarketingChannel } from './channels.js';
import type { LinkTarget } from './unsubscribe-link.js';
import { MarketingChannelEnum } from './wishes.types.js';

@ObjectType('Unsubscribe', {
  description:
    'How a recipient stops marketing by one click (RFC 8058): two headers of the message, both signed with it.',
})
export class UnsubscribeType {
  @Field(() => String, { description: 'The link, for the text of the message.' })
  url!: string;

  @Field(() => String, { description: 'Value of the header `List-Unsubscribe`.' })
  listUnsubscribe!: string;

  @Field(() => String, { description: 'Value of the header `List-Unsubscribe-Post`.' })
  listUnsubscribePost!: string;
}

@ObjectType({ description: 'Whether marketing may be sent to a person by one channel about one topic.' })
export class ContactDecision {
  @Field(() => ID, { description: 'The account it is about.' })
  accountId!: string;

  @Field(() => Boolean, { description: 'Whether it may be sent.' })
  allowed!: boolean;

  @Field(() => String, {
    description:
      'Why it may: CONSENT, SOFT_OPT_IN or LEGITIMATE_INTERESTS. Why not: UNKNOWN_ACCOUNT, ERASED, OPTED_OUT_OF_ALL, OBJECTED, RESTRICTED, SUPPRESSED, CHANNEL_NOT_ALLOWED, TOPIC_NOT_ALLOWED, NOT_IN_POLICY, NO_CONSENT, CONSENT_WITHDRAWN, CONSENT_EXPIRED or CONSENT_NEEDS_RENEWAL.',
  })
  reason!: string;

  /** What its link stops, for the field below; not in the graph itself. */
  target!: LinkTarget;
}

@ObjectType({ description: 'Somebody marketing may be sent to.' })
export class Contactable {
  @Field(() => ID, { description: 'The account.' })
  accountId!: string;

  /** What its link stops, for the field below; not in the graph itself. */
  target!: LinkTarget;
}

@ObjectType({ description: 'One of the people marketing may be sent to, with their place in the list.' })
export class ContactableEdge {
  @Field(() => String, { description: 'Place in the list; opaque.' })
  cursor!: string;

  @Field(() => Contactable, { description: 'The person.' })
  node!: Contactable;
}

@ObjectType({
  description:
    'A page of the people marketing may be sent to. It may be short, or empty, while there is more after it.',
})
export class ContactableConnection {
  @Field(() => [ContactableEdge], { description: 'The people of this page.' })
  edges!: ContactableEdge[];

  @Field(() => PageInfo, { description: 'Where this page stands.' })
  pageInfo!: PageInfo;
}

@ObjectType({ description: 'Whether marketing may not be sent to an address, whoever has it.' })
export class SuppressionAnswer {
  @Field(() => Boolean, { description: 'Whether it may not be sent.' })
  suppressed!: boolean;

  /** What its link stops, for the field below; not in the graph itself. */
  target!: LinkTarget;
}

@InputType({ description: 'An address that gets no marketing from now on.' })
export class SuppressInput {
  @Field(() => MarketingChannelEnum, { description: 'What kind of address it is: where this channel leads.' })
  channel!: MarketingChannel;

  @Field(() => String, { description: 'The address, in any usual spelling. Only a keyed fingerprint of it is kept.' })
  address!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether only this channel is refused; otherwise all marketing to the address.',
  })
  channelOnly!: boolean;

  @Field(() => String, { nullable: true, description: 'The only topic that is refused.' })
  topic?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was refused, where it is entered later.' })
  occurredAt?: Date | null;
}

@ObjectType({ description: 'The result of a change of the suppression list.' })
export class SuppressionPayload {
  @Field(() => Boolean, { description: 'Whether the address is suppressed now, by this channel and about this topic.' })
  suppressed!: boolean;
}

@InputType({
  description: 'A sale on which marketing of similar products may rest (PECR, regulation 22(3)). All of it must be so.',
})
export class RecordSoftOptInInput {
  @Field(() => ID, { description: 'The person.' })
  accountId!: string;

  @Field(() => MarketingChannelEnum, { description: 'EMAIL or SMS.' })
  channel!: MarketingChannel;

  @Field(() => DateTimeScalar, { description: 'When they gave their address.' })
  occurredAt!: Date;

  @Field(() => Boolean, { description: 'We were given the address by the person themself.' })
  addressCollectedByUs!: boolean;

  @Field(() => Boolean, { description: 'It was in a sale, or in negotiations for one.' })
  inSaleOrNegotiation!: boolean;

  @Field(() => Boolean, { description: 'Only our own similar products and services are marketed on it.' })
  similarProductsOnly!: boolean;

  @Field(() => Boolean, { description: 'They could refuse, simply and for nothing, when they gave it.' })
  refusalOfferedAtCollection!: boolean;

  @Field(() => Boolean, { description: 'They can refuse with every message.' })
  refusalOfferedInEveryMessage!: boolean;

  @Field(() => String, { description: 'Where the proof is kept, e.g. the number of the order.' })
  evidence!: string;
}

@ObjectType({ description: 'A recorded sale on which marketing of similar products may rest, until it is refused.' })
export class SoftOptIn {
  @Field(() => MarketingChannelEnum, { description: 'The channel.' })
  channel!: MarketingChannel;

  @Field(() => DateTimeScalar, { description: 'When the person gave their address.' })
  occurredAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was entered here.' })
  recordedAt!: Date;

  @Field(() => String, { description: 'Who entered it: a role, never a name.' })
  actor!: string;

  @Field(() => String, { description: 'Where the proof is kept.' })
  evidence!: string;
}

@ObjectType({ description: 'The result of recording a soft opt-in.' })
export class SoftOptInPayload {
  @Field(() => [SoftOptIn], { description: 'All that are recorded of the person, the newest first.' })
  softOptIns!: readonly SoftOptIn[];
}
