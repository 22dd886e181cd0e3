import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType } from '../connection.js';
import { DateTimeScalar } from '../scalars.js';
import type { CollectionChannel, PrivacyRequestStatus, PrivacyRequestType } from './requests.js';

const enumOf = <Value extends string>(values: readonly Value[]) =>
  Object.fromEntries(values.map((value) => [value, value])) as Record<Value, Value>;

export const PrivacyRequestTypeEnum = enumOf<PrivacyRequestType>([
  'ACCESS',
  'PORTABILITY',
  'ERASURE',
  'RECTIFICATION',
  'RESTRICTION',
  'OBJECTION',
  'COMPLAINT',
]);
registerEnumType(PrivacyRequestTypeEnum, {
  name: 'PrivacyRequestType',
  description: 'The right a person exercises.',
  valuesConfig: {
    ACCESS: { description: 'A copy of everything held (Article 15).' },
    PORTABILITY: { description: 'Their data in a form machines read (Article 20).' },
    ERASURE: { description: 'To be forgotten (Article 17).' },
    RECTIFICATION: { description: 'Wrong data put right (Article 16).' },
    RESTRICTION: { description: 'Data stored only, not used (Article 18).' },
    OBJECTION: { description: 'A use stopped (Article 21).' },
    COMPLAINT: { description: 'Something went wrong (Data Protection Act 2018, section 164A).' },
  },
});

export const PrivacyRequestStatusEnum = enumOf<PrivacyRequestStatus>([
  'RECEIVED',
  'AWAITING_IDENTITY',
  'PAUSED',
  'AWAITING_APPROVAL',
  'IN_PROGRESS',
  'COMPLETED',
  'PARTIALLY_COMPLETED',
  'FAILED',
  'REJECTED',
  'CANCELLED',
]);
registerEnumType(PrivacyRequestStatusEnum, {
  name: 'PrivacyRequestStatus',
  description: 'How far a request is.',
  valuesConfig: {
    RECEIVED: { description: 'Entered, not begun.' },
    AWAITING_IDENTITY: { description: 'We need to know who is asking.' },
    PAUSED: { description: 'We need to know what is meant; the clock stands still.' },
    AWAITING_APPROVAL: { description: 'A second member of staff must agree.' },
    IN_PROGRESS: { description: 'Services are at work.' },
    COMPLETED: { description: 'Done, by every service.' },
    PARTIALLY_COMPLETED: { description: 'Done as far as possible; the tasks say what is missing.' },
    FAILED: { description: 'No service could do its part.' },
    REJECTED: { description: 'Refused, with the reason.' },
    CANCELLED: { description: 'Withdrawn before it was done.' },
  },
});

export const CollectionChannelEnum = enumOf<CollectionChannel>([
  'WEB',
  'APP',
  'EMAIL',
  'PHONE',
  'LETTER',
  'IN_PERSON',
  'API',
  'BROWSER_SIGNAL',
]);
registerEnumType(CollectionChannelEnum, {
  name: 'CollectionChannel',
  description: 'How something a person said reached us.',
  valuesConfig: {
    WEB: { description: 'On a website.' },
    APP: { description: 'In an app.' },
    EMAIL: { description: 'By e-mail.' },
    PHONE: { description: 'By telephone.' },
    LETTER: { description: 'By letter.' },
    IN_PERSON: { description: 'Face to face.' },
    API: { description: 'Through this API.' },
    BROWSER_SIGNAL: { description: 'By a signal of the browser, such as Sec-GPC.' },
  },
});

export const ServiceTaskStatusEnum = enumOf(['PENDING', 'RUNNING', 'SUCCEEDED', 'RETRYING', 'FAILED', 'SKIPPED']);
registerEnumType(ServiceTaskStatusEnum, {
  name: 'ServiceTaskStatus',
  description: 'How far one service is with a request.',
  valuesConfig: {
    PENDING: { description: 'Waiting for its turn.' },
    RUNNING: { description: 'At work.' },
    SUCCEEDED: { description: 'Done.' },
    RETRYING: { description: 'It failed and will be tried again.' },
    FAILED: { description: 'It failed too often; staff can retry it.' },
    SKIPPED: { description: 'No longer needed.' },
  },
});

@ObjectType('ServiceTask', { description: 'What one service does for a request.' })
export class ServiceTaskType {
  @Field(() => String, { description: 'Name of the service.' })
  service!: string;

  @Field(() => ServiceTaskStatusEnum, { description: 'How far it is.' })
  status!: string;

  @Field(() => Int, { description: 'How often it was begun.' })
  attempts!: number;

  @Field(() => Int, { nullable: true, description: 'Records handled so far.' })
  records!: number | null;

  @Field(() => Int, { nullable: true, description: 'Bytes written so far; capped at 2147483647.' })
  bytes!: number | null;

  @Field(() => String, { nullable: true, description: 'Why the last attempt failed.' })
  lastError!: string | null;
}

@ObjectType('RequestEvent', { description: 'Something that happened to a request.' })
export class RequestEventType {
  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date;

  @Field(() => String, { description: 'Who did it: a role or a service, never a name.' })
  actor!: string;

  @Field(() => String, { description: 'What happened.' })
  action!: string;

  @Field(() => String, { nullable: true, description: 'More about it.' })
  note!: string | null;
}

@ObjectType('PrivacyRequest', { description: 'A request a person has made under data-protection law.' })
export class PrivacyRequestObject {
  @Field(() => ID, { description: 'Id of the request.' })
  id!: string;

  @Field(() => PrivacyRequestTypeEnum, { description: 'The right exercised.' })
  type!: PrivacyRequestType;

  @Field(() => PrivacyRequestStatusEnum, { description: 'How far it is.' })
  status!: PrivacyRequestStatus;

  @Field(() => CollectionChannelEnum, { description: 'How it reached us.' })
  channel!: CollectionChannel;

  @Field(() => DateTimeScalar, { description: 'When it reached us; the clock counts from here.' })
  receivedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was answered.' })
  completedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was asked or refused, where that was said.' })
  reason!: string | null;

  /** The person it belongs to; behind `account` in the graph. */
  accountId!: string;

  dueOn!: string;
}

export const PrivacyRequestConnection = connectionType('PrivacyRequest', PrivacyRequestObject, 'privacy requests');

@ObjectType({ description: 'The result of an act on a request.' })
export class PrivacyRequestPayload {
  @Field(() => PrivacyRequestObject, { description: 'The request as it is now.' })
  request!: PrivacyRequestObject;
}

@InputType({ description: 'An act on a request.' })
export class RequestActionInput {
  @Field(() => ID, { description: 'The request.' })
  requestId!: string;

  @Field(() => String, { nullable: true, description: 'Why; kept in the history.' })
  note?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when, for acts that have an end.' })
  until?: Date | null;
}

@InputType({ description: 'A request that data be stored but not used (Article 18).' })
export class RequestRestrictionInput {
  @Field(() => ID, { nullable: true, description: 'Whose data; a person may leave it out for their own.' })
  accountId?: string | null;

  @Field(() => String, { nullable: true, description: 'Why, where the person says so.' })
  reason?: string | null;

  @Field(() => CollectionChannelEnum, { defaultValue: 'API', description: 'How the request reached us.' })
  channel!: CollectionChannel;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it reached us, where staff enter it later.' })
  receivedAt?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: 'Your own key for this request: the same key again answers the same request. At most 255 characters.',
  })
  idempotencyKey?: string | null;
}
