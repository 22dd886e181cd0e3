import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { accountLoader } from '../accounts/account-loader.js';
import { parseUuid } from '../accounts/uuid.js';
import { badInput, notFound } from '../errors.js';
import type { RequestContext } from '../world.js';
import { ErasurePlan } from './erasures.types.js';
import { blockerText, planErasure } from './plan.js';

const LANGUAGE = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

@Resolver(() => ErasurePlan)
export class ErasurePlanResolver {
  @Query(() => ErasurePlan, {
    description:
      'A dry run over all services: what an erasure would delete, change and keep, why, and what stands in its way. Nothing is changed.',
  })
  async erasurePlan(
    @Arg('accountId', () => ID, { description: 'Whose data.' }) accountId: string,
    @Arg('language', () => String, {
      nullable: true,
      defaultValue: 'en',
      description:
        'Language services’ own reasons are told in, where they speak it: a tag of BCP 47, as "fi" or "en-GB".',
    })
    language: string | null,
    @Ctx() context: RequestContext,
  ): Promise<ErasurePlan> {
    const wanted = language ?? 'en';
    if (!LANGUAGE.test(wanted)) throw badInput('language', 'is no language tag: give one as "en" or "en-GB".');
    const account = await accountLoader(context).load(parseUuid('accountId', accountId));
    if (!account) throw notFound('accountId: there is no account with this id.');
    const { items, blockers, digest } = await planErasure(context.world, account);
    return {
      accountId: account.id,
      items: [...items],
      blockedBy: blockers.map((each) => blockerText(each, wanted)),
      digest,
    };
  }
}
