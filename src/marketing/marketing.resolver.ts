import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql';
import { AccountType } from '../accounts/accounts.types.js';
import { type Connection, connection, decodeCursor, pageSize } from '../connection.js';
import { actOf } from '../consents/consents.resolver.js';
import { badInput } from '../errors.js';
import type { RequestContext } from '../world.js';
import { preferenceHistory } from './history.js';
import {
  type MarketingEvent,
  MarketingEventConnection,
  MarketingPreferences,
  MarketingPreferencesPayload,
  UpdateMarketingPreferencesInput,
} from './marketing.types.js';
import { setPreferences } from './preferences.js';
import { preferencesLoader } from './preferences-loader.js';
import { wishesOf } from './wishes.js';

const PLACE_IN_LEDGER = /^([1-9]\d{0,17})$/;

@Resolver(() => AccountType)
export class MarketingResolver {
  @FieldResolver(() => MarketingPreferences, { description: 'What the person lets us market to them, and how.' })
  async marketingPreferences(
    @Root() account: AccountType,
    @Ctx() context: RequestContext,
  ): Promise<MarketingPreferences> {
    return preferencesLoader(context).load(account.id);
  }

  @FieldResolver(() => MarketingEventConnection, {
    description: 'Everything the person said of marketing; what was entered last comes first.',
  })
  async marketingHistory(
    @Root() account: AccountType,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() { world }: RequestContext,
  ): Promise<Connection<MarketingEvent>> {
    const place = decodeCursor(after, PLACE_IN_LEDGER);
    const page = await preferenceHistory(world.sql, account.id, pageSize(first), place?.[1] ?? null);
    return connection(page, { cursorOf: (event) => event.id, nodeOf: (event) => event, after });
  }

  @Mutation(() => MarketingPreferencesPayload, {
    description: 'A person says what they want of marketing: in force at once. A refusal is never refused.',
  })
  async updateMarketingPreferences(
    @Arg('input', () => UpdateMarketingPreferencesInput, { description: 'What they want.' })
    input: UpdateMarketingPreferencesInput,
    @Ctx() context: RequestContext,
  ): Promise<MarketingPreferencesPayload> {
    const { db, clock, config } = context.world;
    if (!input.channel && context.caller.kind === 'STAFF')
      throw badInput('channel', 'is missing: say how it reached us.');
    const { accountId, channel, occurredAt, evidence } = input;
    const act = await actOf(context, { accountId, channel, occurredAt });
    const saying = { ...act, evidence: evidence ?? undefined };
    await db.transaction((tx) => setPreferences(tx, clock.now(), config.marketing, saying, wishesOf(input)));
    preferencesLoader(context).clear(act.accountId);
    return { marketingPreferences: await preferencesLoader(context).load(act.accountId) };
  }
}
