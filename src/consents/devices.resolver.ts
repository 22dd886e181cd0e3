import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { accountOf } from '../accounts/accounts.resolver.js';
import type { RequestContext } from '../world.js';
import { heedDeviceSignal } from './browser-signal.js';
import { consentsTold, tell } from './consent-loader.js';
import { toGraph } from './consents.resolver.js';
import { Consent, ConsentsPayload } from './consents.types.js';
import { joinDevice } from './device-joining.js';
import { takeTurn } from './device-rate.js';
import { type DeviceRules, deviceConsents, giveOnDevice, heedOnDevice, withdrawOnDevice } from './devices.js';
import { DeviceConsentPayload, GiveDeviceConsentInput, WithdrawDeviceConsentInput } from './devices.types.js';

@Resolver()
export class DevicesResolver {
  @Query(() => [Consent], {
    description: 'Where a device stands before login, one entry per use that can be chosen then.',
  })
  async deviceConsents(
    @Arg('deviceId', () => ID, { description: 'Id of the device.' }) deviceId: string,
    @Ctx() context: RequestContext,
  ): Promise<Consent[]> {
    takeTurn(context);
    const { db, clock } = context.world;
    await heedOnDevice(db, clock.now(), rulesOf(context), deviceId);
    return consentsOf(context, deviceId);
  }

  @Mutation(() => DeviceConsentPayload, {
    description: 'Somebody who is not logged in agrees to a use of data about their device, such as a cookie.',
  })
  async giveDeviceConsent(
    @Arg('input', () => GiveDeviceConsentInput, { description: 'What they agree to.' }) input: GiveDeviceConsentInput,
    @Ctx() context: RequestContext,
  ): Promise<DeviceConsentPayload> {
    takeTurn(context);
    const { db, clock } = context.world;
    const { purpose, policyVersion } = input;
    const giving = {
      ...{ purpose, policyVersion, deviceId: input.deviceId ?? undefined },
      ...{ wording: input.wording ?? undefined, locale: input.locale ?? undefined },
    };
    return standing(
      context,
      await db.transaction((tx) => giveOnDevice(tx, clock.now(), rulesOf(context), giving)),
      purpose,
    );
  }

  @Mutation(() => DeviceConsentPayload, {
    description: 'Somebody who is not logged in refuses a use, or takes it back: in force at once, no reason asked.',
  })
  async withdrawDeviceConsent(
    @Arg('input', () => WithdrawDeviceConsentInput, { description: 'What they refuse.' })
    input: WithdrawDeviceConsentInput,
    @Ctx() context: RequestContext,
  ): Promise<DeviceConsentPayload> {
    takeTurn(context);
    const { db, clock } = context.world;
    const { purpose } = input;
    const choice = { purpose, deviceId: input.deviceId ?? undefined };
    return standing(
      context,
      await db.transaction((tx) => withdrawOnDevice(tx, clock.now(), rulesOf(context), choice)),
      purpose,
    );
  }

  @Mutation(() => ConsentsPayload, {
    description:
      'A person who has logged in takes over what they chose on a device before; where the two differ the stricter ' +
      'choice wins. From then on the id of the device answers nothing. Again, it changes nothing.',
  })
  async joinDevice(
    @Arg('deviceId', () => ID, { description: 'Id of the device.' }) deviceId: string,
    @Ctx() context: RequestContext,
  ): Promise<ConsentsPayload> {
    takeTurn(context);
    const accountId = accountOf(context, null);
    const { db, keys, clock, config } = context.world;
    const { age } = config.consent;
    await db.transaction(async (tx) => {
      const refused = await joinDevice(tx, keys, clock.now(), { accountId, deviceId, age });
      await heedDeviceSignal(tx, context.world, accountId, refused);
    });
    return { consents: (await consentsTold(context, accountId)).map((told) => toGraph(told, accountId)) };
  }
}

function rulesOf({ world: { config, registry }, isSignalled }: RequestContext): DeviceRules {
  return {
    ...{ devices: config.devices, months: config.consent.months, taxonomy: registry.taxonomy },
    signalled: isSignalled ? config.gpcPurposes : [],
  };
}

async function consentsOf(context: RequestContext, deviceId: string): Promise<Consent[]> {
  const { world } = context;
  const said = await deviceConsents(world, world.clock.now(), deviceId);
  return (await tell(context, world.config.devices.purposes, said)).map((told) => toGraph(told, null));
}

async function standing(context: RequestContext, deviceId: string, purpose: string): Promise<DeviceConsentPayload> {
  const consent = (await consentsOf(context, deviceId)).find((each) => each.purpose.key === purpose);
  if (!consent) throw new Error('a choice was written that cannot be read');
  return { deviceId, consent };
}
