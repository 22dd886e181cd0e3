import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { noteRead } from '../accounts/account-loader.js';
import { accountOf } from '../accounts/accounts.resolver.js';
import { parseUuid } from '../accounts/uuid.js';
import { decodeCursor, encodeCursor } from '../connection.js';
import { badInput } from '../errors.js';
import type { RequestContext } from '../world.js';
import type { MarketingChannel } from './channels.js';
import {
  Contactable,
  ContactableConnection,
  ContactDecision,
  SuppressionAnswer,
  UnsubscribeType,
} from './contact.types.js';
import { type Contacting, contactable, mayContact } from './contact-reader.js';
import { requireMarketer } from './marketer.js';
import { requireTopic } from './preferences.js';
import { unsubscribeHeaders } from './unsubscribe-link.js';
import { MarketingChannelEnum } from './wishes.types.js';

const MOST_PEOPLE = 10_000;
const USUAL_PAGE = 1_000;
const PLACE = /^([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;
const CHANNEL = 'The channel.';
const TOPIC = 'Key of the topic.';

@Resolver()
export class ContactResolver {
  @Query(() => ContactDecision, {
    description: 'Whether marketing may be sent to one person, and why or why not.',
  })
  async mayContact(
    @Arg('accountId', () => ID, { description: 'The person.' }) accountId: string,
    @Arg('channel', () => MarketingChannelEnum, { description: CHANNEL }) channel: MarketingChannel,
    @Arg('topic', () => String, { description: TOPIC }) topic: string,
    @Ctx() context: RequestContext,
  ): Promise<ContactDecision> {
    const id = accountOf(context, accountId);
    const [decision] = await decisions(context, { channel, topic }, [id]);
    if (!decision) throw new Error('one person was asked about and none answered');
    return decision;
  }

  @Query(() => [ContactDecision], {
    description: 'The same of many people at once, in the order asked.',
  })
  async mayContactMany(
    @Arg('accountIds', () => [ID], { description: 'The people, at most 10,000.' }) accountIds: string[],
    @Arg('channel', () => MarketingChannelEnum, { description: CHANNEL }) channel: MarketingChannel,
    @Arg('topic', () => String, { description: TOPIC }) topic: string,
    @Ctx() context: RequestContext,
  ): Promise<ContactDecision[]> {
    if (accountIds.length > MOST_PEOPLE)
      throw badInput('accountIds', `holds ${accountIds.length} ids: ask for at most ${MOST_PEOPLE} at a time.`);
    const ids = accountIds.map((id, index) => parseUuid(`accountIds[${index}]`, id));
    return decisions(context, { channel, topic }, ids);
  }

  @Query(() => ContactableConnection, {
    description: 'Everybody marketing may be sent to by one channel about one topic, page by page.',
  })
  async contactable(
    @Arg('topic', () => String, { description: TOPIC }) topic: string,
    @Arg('channel', () => MarketingChannelEnum, { description: CHANNEL }) channel: MarketingChannel,
    @Arg('first', () => Int, { nullable: true, defaultValue: USUAL_PAGE, description: 'How many, 1 to 10,000.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<ContactableConnection> {
    return pageOf(context, { topic, channel, first, after });
  }

  @Subscription(() => ContactableConnection, {
    name: 'contactable',
    description: 'The same as a stream: page after page to the last, each as it is read.',
    subscribe: ({ args, context }) => pagesOf(context as RequestContext, args as Paging),
  })
  contactableStream(
    @Root() page: ContactableConnection,
    @Arg('topic', () => String, { description: TOPIC }) _topic: string,
    @Arg('channel', () => MarketingChannelEnum, { description: CHANNEL }) _channel: MarketingChannel,
    @Arg('first', () => Int, { nullable: true, defaultValue: USUAL_PAGE, description: 'How many a page, 1 to 10,000.' })
    _first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after, of a stream that broke off.' })
    _after: string | null | undefined,
  ): ContactableConnection {
    return page;
  }
}

interface Paging extends Contacting {
  readonly first: number | null;
  readonly after?: string | null | undefined;
}

async function pageOf(
  context: RequestContext,
  { topic, channel, first, after }: Paging,
): Promise<ContactableConnection> {
  const { sql, config } = context.world;
  const count = first ?? USUAL_PAGE;
  if (count < 1 || count > MOST_PEOPLE)
    throw badInput('first', `must be from 1 to ${MOST_PEOPLE}; page on with "after".`);
  const place = decodeCursor(after, PLACE)?.[1] ?? null;
  requireMarketer(context.caller, channel);
  requireTopic(config.marketing, 'topic', topic);
  const { accountIds, last } = await contactable(sql, config.marketing, { channel, topic }, count, place);
  noteRead(context, accountIds);
  const edges = accountIds.map((accountId) => ({
    cursor: encodeCursor(accountId),
    node: { accountId, target: { accountId, topic } },
  }));
  const pageInfo = {
    hasNextPage: last !== null,
    hasPreviousPage: Boolean(after),
    startCursor: edges[0]?.cursor ?? null,
    endCursor: last === null ? (edges.at(-1)?.cursor ?? null) : encodeCursor(last),
  };
  return { edges, pageInfo };
}

/** The next page is read once the one before was taken, so that a slow reader fills no memory. */
async function* pagesOf(context: RequestContext, paging: Paging): AsyncGenerator<ContactableConnection> {
  let { after } = paging;
  for (;;) {
    const page = await pageOf(context, { ...paging, after });
    yield page;
    if (!page.pageInfo.hasNextPage) return;
    after = page.pageInfo.endCursor;
  }
}

async function decisions(
  context: RequestContext,
  contacting: Contacting,
  accountIds: readonly string[],
): Promise<ContactDecision[]> {
  const { sql, config } = context.world;
  requireMarketer(context.caller, contacting.channel);
  requireTopic(config.marketing, 'topic', contacting.topic);
  const verdicts = await mayContact(sql, config.marketing, contacting, accountIds);
  const known = accountIds.filter((id) => verdicts.get(id)?.reason !== 'UNKNOWN_ACCOUNT');
  noteRead(context, known);
  return accountIds.map((accountId) => {
    const { allowed, reason } = verdicts.get(accountId) ?? { allowed: false, reason: 'UNKNOWN_ACCOUNT' };
    return { accountId, allowed, reason, target: { accountId, topic: contacting.topic } };
  });
}

const LINK = 'The headers by which the recipient stops this topic; null where nothing may be sent.';

@Resolver(() => ContactDecision)
export class ContactDecisionResolver {
  @FieldResolver(() => UnsubscribeType, { nullable: true, description: LINK })
  unsubscribe(@Root() { allowed, target }: ContactDecision, @Ctx() { world }: RequestContext): UnsubscribeType | null {
    return allowed ? unsubscribeHeaders(world.keys, world.publicUrl, world.clock.now(), target) : null;
  }
}

@Resolver(() => Contactable)
export class ContactableResolver {
  @FieldResolver(() => UnsubscribeType, { description: 'The headers by which the recipient stops this topic.' })
  unsubscribe(@Root() { target }: Contactable, @Ctx() { world }: RequestContext): UnsubscribeType {
    return unsubscribeHeaders(world.keys, world.publicUrl, world.clock.now(), target);
  }
}

@Resolver(() => SuppressionAnswer)
export class SuppressionAnswerResolver {
  @FieldResolver(() => UnsubscribeType, { nullable: true, description: LINK })
  unsubscribe(
    @Root() { suppressed, target }: SuppressionAnswer,
    @Ctx() { world }: RequestContext,
  ): UnsubscribeType | null {
    return suppressed ? null : unsubscribeHeaders(world.keys, world.publicUrl, world.clock.now(), target);
  }
}
