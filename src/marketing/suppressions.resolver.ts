import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { parseUuid } from '../accounts/uuid.js';
import { badInput } from '../errors.js';
import { actorOf } from '../gate/caller.js';
import type { RequestContext } from '../world.js';
import type { MarketingChannel } from './channels.js';
import {
  RecordSoftOptInInput,
  SoftOptInPayload,
  SuppressInput,
  SuppressionAnswer,
  SuppressionPayload,
} from './contact.types.js';
import { EVERYTHING, type Subject } from './ledger.js';
import { requireMarketer } from './marketer.js';
import { requireTopic } from './preferences.js';
import { recordSoftOptIn, softOptInsOf } from './soft-opt-ins.js';
import { fingerprintOf, isSuppressed, setSuppressions } from './suppressions.js';
import { MarketingChannelEnum } from './wishes.types.js';

@Resolver()
export class SuppressionsResolver {
  @Query(() => SuppressionAnswer, {
    description:
      'Whether marketing may not be sent to an address, whoever has it, with or without an account: it was suppressed, or somebody whose address it is has refused.',
  })
  async isSuppressed(
    @Arg('channel', () => MarketingChannelEnum, { description: 'The channel, which says what kind of address it is.' })
    channel: MarketingChannel,
    @Arg('address', () => String, { description: 'The address, in any usual spelling.' }) address: string,
    @Arg('topic', () => String, { nullable: true, description: 'Key of the topic; left out: any marketing.' })
    topic: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<SuppressionAnswer> {
    const { sql, keys, config } = context.world;
    requireMarketer(context.caller, channel);
    if (topic) requireTopic(config.marketing, 'topic', topic);
    const fingerprint = fingerprintOf(keys, { channel, address });
    const suppressed = await isSuppressed(sql, fingerprint, channel, topic ?? null);
    return { suppressed, target: { fingerprint, topic: topic ?? null } };
  }

  @Mutation(() => SuppressionPayload, {
    description: 'Suppresses an address, also of somebody without an account: in force at once, asks for no proof.',
  })
  async suppress(
    @Arg('input', () => SuppressInput, { description: 'The address.' }) input: SuppressInput,
    @Ctx() context: RequestContext,
  ): Promise<SuppressionPayload> {
    return change(context, input, true);
  }

  @Mutation(() => SuppressionPayload, {
    description: 'Lifts a suppression: only where the person whose address it is has asked to hear from us again.',
  })
  async liftSuppression(
    @Arg('input', () => SuppressInput, { description: 'The address, and what was refused for it.' })
    input: SuppressInput,
    @Ctx() context: RequestContext,
  ): Promise<SuppressionPayload> {
    return change(context, input, false);
  }

  @Mutation(() => SoftOptInPayload, {
    description: 'Records a sale on which marketing of similar products may rest (PECR, regulation 22(3)).',
  })
  async recordSoftOptIn(
    @Arg('input', () => RecordSoftOptInInput, { description: 'The sale, with all it takes.' })
    input: RecordSoftOptInInput,
    @Ctx() context: RequestContext,
  ): Promise<SoftOptInPayload> {
    const { db, sql, clock } = context.world;
    requireMarketer(context.caller, input.channel);
    const accountId = parseUuid('accountId', input.accountId);
    const optIn = { ...input, accountId, actor: actorOf(context.caller) };
    await db.transaction((tx) => recordSoftOptIn(tx, clock.now(), optIn));
    return { softOptIns: await softOptInsOf(sql, accountId) };
  }
}

async function change(
  context: RequestContext,
  { channel, address, channelOnly, topic, occurredAt }: SuppressInput,
  suppressed: boolean,
): Promise<SuppressionPayload> {
  const { db, sql, keys, clock, config } = context.world;
  requireMarketer(context.caller, channel);
  if (topic && channelOnly) throw badInput('topic', 'goes without channelOnly: one refusal is of one thing.');
  if (topic) requireTopic(config.marketing, 'topic', topic);
  const now = clock.now();
  if (occurredAt && occurredAt > now && !suppressed) throw badInput('occurredAt', 'lies in the future.');
  const since = occurredAt && occurredAt < now ? occurredAt : now;
  const fingerprint = fingerprintOf(keys, { channel, address });
  const subject: Subject = topic
    ? { scope: 'TOPIC', key: topic }
    : channelOnly
      ? { scope: 'CHANNEL', key: channel }
      : EVERYTHING;
  const said = { fingerprint, ...subject, suppressed, since, recordedAt: now, source: actorOf(context.caller) };
  await db.transaction((tx) => setSuppressions(tx, [said]));
  return { suppressed: await isSuppressed(sql, fingerprint, channel, topic ?? null) };
}
