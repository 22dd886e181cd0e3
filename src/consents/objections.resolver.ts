import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { accountOf } from '../accounts/accounts.resolver.js';
import { AccountType } from '../accounts/accounts.types.js';
import { actorOf } from '../gate/caller.js';
import { checkIntake } from '../requests/intake.js';
import { PrivacyRequestPayload } from '../requests/requests.types.js';
import { declaredPurposes } from '../services/purposes.js';
import type { RequestContext } from '../world.js';
import { Objection, ObjectionsPayload, ObjectToProcessingInput, WithdrawObjectionInput } from './consents.types.js';
import { object, withdrawObjection } from './objecting.js';
import { objectionsOf } from './objections.js';

@Resolver(() => AccountType)
export class ObjectionsResolver {
  @FieldResolver(() => [Objection], { description: 'The uses of their data the person has objected to.' })
  async objections(@Root() account: AccountType, @Ctx() { world }: RequestContext): Promise<Objection[]> {
    return objectionsOf(world.db, account.id);
  }

  @Mutation(() => PrivacyRequestPayload, {
    description: 'A person objects to a use of their data (Article 21). It stops at once; marketing without exception.',
  })
  async objectToProcessing(
    @Arg('input', () => ObjectToProcessingInput, { description: 'What they object to.' })
    input: ObjectToProcessingInput,
    @Ctx() context: RequestContext,
  ): Promise<PrivacyRequestPayload> {
    const accountId = accountOf(context, input.accountId);
    const { caller, world } = context;
    const { registry, config, clock } = world;
    const uses = { declared: declaredPurposes(registry.services, registry.taxonomy), taxonomy: registry.taxonomy };
    const objecting = {
      ...checkIntake(caller, input),
      accountId,
      purpose: input.purpose,
      channel: input.channel,
      actor: actorOf(caller),
      by: caller.kind === 'STAFF' ? 'STAFF' : 'PERSON',
    } as const;
    return { request: await world.db.transaction((tx) => object(tx, clock.now(), config, uses, objecting)) };
  }

  @Mutation(() => ObjectionsPayload, { description: 'A person takes an objection back; again, it changes nothing.' })
  async withdrawObjection(
    @Arg('input', () => WithdrawObjectionInput, { description: 'Which.' }) input: WithdrawObjectionInput,
    @Ctx() context: RequestContext,
  ): Promise<ObjectionsPayload> {
    const accountId = accountOf(context, input.accountId);
    const { db, clock } = context.world;
    const withdrawal = { accountId, purpose: input.purpose, actor: actorOf(context.caller) };
    await db.transaction((tx) => withdrawObjection(tx, clock.now(), withdrawal));
    return { objections: await objectionsOf(db, accountId) };
  }
}
