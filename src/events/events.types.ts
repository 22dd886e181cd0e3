import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType } from '../connection.js';
import { DateTimeScalar } from '../scalars.js';
import type { DeliveryStatus } from './state.js';

export const DeliveryStatusEnum = { PENDING: 'PENDING', TOLD: 'TOLD', DEAD: 'DEAD' } as const;
registerEnumType(DeliveryStatusEnum, {
  name: 'DeliveryStatus',
  description: 'Whether a service has been told of an event.',
  valuesConfig: {
    PENDING: { description: 'It is being told, and tried again until it takes it.' },
    TOLD: { description: 'It took it.' },
    DEAD: { description: 'It did not take it for days: a dead letter, which staff can send again.' },
  },
});

@ObjectType('Told', { description: 'That a service is told of what a person decided.' })
export class ToldType {
  @Field(() => String, { description: 'Name of the service.' })
  service!: string;

  @Field(() => DeliveryStatusEnum, { description: 'Whether it has been told.' })
  status!: DeliveryStatus;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was told; null: not yet.' })
  at!: Date | null;
}

@ObjectType('Event', { description: 'Something a service is told of, about a person it knows.' })
export class EventType {
  @Field(() => ID, { description: 'Id of the event at this service: what comes twice under one id is one event.' })
  id!: string;

  @Field(() => String, { description: 'What happened, such as consent.withdrawn.' })
  type!: string;

  @Field(() => DateTimeScalar, { description: 'When it was entered.' })
  timestamp!: Date;

  @Field(() => DateTimeScalar, { description: 'When the person did it.' })
  occurredAt!: Date;

  @Field(() => String, {
    nullable: true,
    description: 'As whom the service knows the person; null: they have been erased since.',
  })
  externalId!: string | null;

  @Field(() => String, { nullable: true, description: 'The use it is about: a Fideslang data-use key.' })
  purpose!: string | null;

  @Field(() => Int, { nullable: true, description: 'Version of the privacy policy it is about.' })
  policyVersion!: number | null;
}

export const EventConnection = connectionType('Event', EventType, 'events');

@ObjectType('EventDelivery', { description: 'How it stands with telling one service of events.' })
export class EventDeliveryType {
  @Field(() => String, { description: 'Name of the service.' })
  service!: string;

  @Field(() => Boolean, { description: 'Whether it fetches its events itself; otherwise they are sent to it.' })
  pulls!: boolean;

  @Field(() => DateTimeScalar, { description: 'Since when it is told.' })
  since!: Date;

  @Field(() => Int, { description: 'Events it has not taken yet.' })
  waiting!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when the oldest of them waits.' })
  waitingSince!: Date | null;

  @Field(() => Int, { description: 'Events that were given up.' })
  deadLetters!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Since when nothing has reached it; null: it is well.' })
  failingSince!: Date | null;
}

@ObjectType('DeadLetter', { description: 'An event that was given up: its service does not know of it.' })
export class DeadLetterType {
  @Field(() => ID, { description: 'Id of the event at the service.' })
  id!: string;

  @Field(() => String, { description: 'Name of the service.' })
  service!: string;

  @Field(() => ID, { description: 'Account of the person it is about.' })
  accountId!: string;

  @Field(() => String, { description: 'What happened, such as consent.withdrawn.' })
  type!: string;

  @Field(() => DateTimeScalar, { description: 'When it was entered.' })
  recordedAt!: Date;

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was last tried.' })
  triedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'What the service did the last time.' })
  failure!: string | null;
}

export const DeadLetterConnection = connectionType('DeadLetter', DeadLetterType, 'dead letters');

@InputType({ description: 'Which dead letters to send again.' })
export class RedeliverEventsInput {
  @Field(() => String, { nullable: true, description: 'Those of one service; of all where left out.' })
  service?: string | null;

  @Field(() => [ID], { nullable: true, description: 'Those with these ids; all where left out. At most 200.' })
  ids?: string[] | null;
}

@ObjectType({ description: 'The result of sending dead letters again.' })
export class RedeliverEventsPayload {
  @Field(() => Int, { description: 'How many are on their way.' })
  count!: number;
}
