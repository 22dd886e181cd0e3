import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { accountOf } from '../accounts/accounts.resolver.js';
import { actorOf } from '../gate/caller.js';
import type { RequestContext } from '../world.js';
import { checkIntake } from './intake.js';
import { noteOf, requireVisible } from './requests.resolver.js';
import {
  PrivacyRequestObject,
  PrivacyRequestPayload,
  RequestActionInput,
  RequestRestrictionInput,
} from './requests.types.js';
import { liftRestriction, restrict } from './restriction.js';

@Resolver(() => PrivacyRequestObject)
export class RestrictionResolver {
  @Mutation(() => PrivacyRequestPayload, {
    description: 'From now on the person’s data is stored but not used (Article 18). Takes effect at once.',
  })
  async requestRestriction(
    @Arg('input', () => RequestRestrictionInput, { description: 'Whose data.' }) input: RequestRestrictionInput,
    @Ctx() context: RequestContext,
  ): Promise<PrivacyRequestPayload> {
    const accountId = accountOf(context, input.accountId);
    const { caller, world } = context;
    const restricting = { ...checkIntake(caller, input), accountId, channel: input.channel, actor: actorOf(caller) };
    const request = await world.db.transaction((tx) => restrict(tx, world.clock.now(), world.config, restricting));
    return { request };
  }

  @Mutation(() => PrivacyRequestPayload, {
    description: 'Ends a restriction. Staff tell the person before they do (Article 18(3)); the note says how.',
  })
  async liftRestriction(
    @Arg('input', () => RequestActionInput, { description: 'Which restriction, and why.' }) input: RequestActionInput,
    @Ctx() context: RequestContext,
  ): Promise<PrivacyRequestPayload> {
    const { id } = await requireVisible(context, 'requestId', input.requestId);
    const { caller, world } = context;
    const note = noteOf(input);
    return {
      request: await world.db.transaction((tx) => liftRestriction(tx, world.clock.now(), id, actorOf(caller), note)),
    };
  }
}
