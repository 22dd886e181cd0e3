import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { CollectionChannel } from '../requests/requests.js';
import { CollectionChannelEnum } from '../requests/requests.types.js';
import { DateTimeScalar } from '../scalars.js';
import type { ExportFormat } from './exports.js';

export const ExportFormatEnum = { JSON: 'JSON', CSV: 'CSV', HTML: 'HTML' } as const satisfies Record<
  ExportFormat,
  ExportFormat
>;
registerEnumType(ExportFormatEnum, {
  name: 'ExportFormat',
  description: 'A form data is handed out in.',
  valuesConfig: {
    JSON: { description: 'Lossless, for machines.' },
    CSV: { description: 'For spreadsheets.' },
    HTML: { description: 'One page to read and print.' },
  },
});

@ObjectType('ExportPackage', { description: 'Everything held about a person, in one ZIP.' })
export class ExportPackageType {
  @Field(() => ID, { description: 'Id of the package.' })
  id!: string;

  @Field(() => DateTimeScalar, { description: 'Until when it can be fetched.' })
  expiresAt!: Date;

  @Field(() => Float, { description: 'Size of the ZIP in bytes.' })
  bytes!: number;

  @Field(() => String, { description: 'SHA-256 of the ZIP, in hexadecimal.' })
  sha256!: string;

  @Field(() => Int, { description: 'How many records it holds.' })
  records!: number;

  @Field(() => [ExportFormatEnum], { description: 'The forms its data is in.' })
  formats!: ExportFormat[];

  /** The person it belongs to. */
  accountId!: string;
}

@InputType({ description: 'A request for a copy of everything held (Article 15), or for portability (Article 20).' })
export class RequestAccessInput {
  @Field(() => ID, { nullable: true, description: 'Whose data; a person may leave it out for their own.' })
  accountId?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Ask for portability (Article 20) in place of access.' })
  portabilityOnly!: boolean;

  @Field(() => [ExportFormatEnum], { defaultValue: ['JSON', 'CSV', 'HTML'], description: 'The forms wanted.' })
  formats!: ExportFormat[];

  @Field(() => [String], { nullable: true, description: 'Only these services; all of them where left out.' })
  services?: string[] | null;

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
