import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Consent } from './consents.types.js';

@ObjectType({ description: 'The result of a choice made before login.' })
export class DeviceConsentPayload {
  @Field(() => ID, {
    description: 'Id of the device: random, made by Habeas. Whoever has it can read and change what the device said.',
  })
  deviceId!: string;

  @Field(() => Consent, { description: 'Where the device stands on this use now.' })
  consent!: Consent;
}

@InputType({ description: 'Somebody who is not logged in agrees to a use of data about their device.' })
export class GiveDeviceConsentInput {
  @Field(() => ID, { nullable: true, description: 'Id of the device; left out the first time, when it gets one.' })
  deviceId?: string | null;

  @Field(() => String, { description: 'The use: a Fideslang data-use key that can be chosen before login.' })
  purpose!: string;

  @Field(() => Int, { description: 'Version of the privacy policy they were shown.' })
  policyVersion!: number;

  @Field(() => String, {
    nullable: true,
    description: 'The words they were shown; those of the policy for this use where left out.',
  })
  wording?: string | null;

  @Field(() => String, { nullable: true, description: 'Language of the words, as a BCP 47 tag such as en-GB.' })
  locale?: string | null;
}

@InputType({ description: 'Somebody who is not logged in refuses a use, or takes it back. No reason is asked.' })
export class WithdrawDeviceConsentInput {
  @Field(() => ID, { nullable: true, description: 'Id of the device; left out the first time, when it gets one.' })
  deviceId?: string | null;

  @Field(() => String, { description: 'The use: a Fideslang data-use key that can be chosen before login.' })
  purpose!: string;
}
