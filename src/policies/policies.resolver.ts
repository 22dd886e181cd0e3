import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { actorOf } from '../gate/caller.js';
import { PurposeType } from '../services/services.types.js';
import type { RequestContext } from '../world.js';
import { allPolicies, findPolicy, type Policy, policyInForce, publishPolicy, purposesOf } from './policies.js';
import { PolicyPayload, PolicyVersionType, PublishPolicyInput } from './policies.types.js';

const HIGHEST_VERSION = 2_147_483_647;

@Resolver(() => PolicyVersionType)
export class PoliciesResolver {
  @Query(() => PolicyVersionType, {
    nullable: true,
    description: 'A version of the privacy policy; the one in force where none is named. Null where there is none.',
  })
  async policy(
    @Arg('version', () => Int, { nullable: true, description: 'Number of the version.' })
    version: number | null | undefined,
    @Ctx() { world }: RequestContext,
  ): Promise<Policy | null> {
    if (version === null || version === undefined) return policyInForce(world.db);
    return version > 0 && version <= HIGHEST_VERSION ? findPolicy(world.db, version) : null;
  }

  @Query(() => [PolicyVersionType], { description: 'Every version of the privacy policy, the first one first.' })
  async policies(@Ctx() { world }: RequestContext): Promise<Policy[]> {
    return allPolicies(world.db);
  }

  @Mutation(() => PolicyPayload, {
    description: 'Publishes a version of the privacy policy for good. It comes into force on its day.',
  })
  async publishPolicy(
    @Arg('input', () => PublishPolicyInput, { description: 'The version.' }) input: PublishPolicyInput,
    @Ctx() context: RequestContext,
  ): Promise<PolicyPayload> {
    const { db, clock, registry } = context.world;
    const publication = {
      ...input,
      effectiveFrom: dayOf(input.effectiveFrom),
      purposes: input.purposes.map(({ key, retention, ...rest }) => ({
        ...rest,
        purpose: key,
        retention: retention ?? null,
      })),
    };
    const by = actorOf(context.caller);
    return {
      policy: await db.transaction((tx) => publishPolicy(tx, clock.now(), registry.taxonomy, publication, by)),
    };
  }

  @FieldResolver(() => [PurposeType], { description: 'Every use of personal data this version names.' })
  async purposes(@Root() { version }: Policy, @Ctx() { world }: RequestContext): Promise<PurposeType[]> {
    return (await purposesOf(world.db, version)).map(({ purpose, ...rest }) => ({ ...rest, key: purpose }));
  }
}

/** The scalar reads a date as midnight in UTC. */
const dayOf = (date: Date | string) => (typeof date === 'string' ? date : date.toISOString()).slice(0, 10);
