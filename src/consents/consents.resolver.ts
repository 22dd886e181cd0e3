import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql';
import { readAccounts } from '../accounts/accounts.js';
import { accountOf } from '../accounts/accounts.resolver.js';
import { AccountType } from '../accounts/accounts.types.js';
import { parseUuid } from '../accounts/uuid.js';
import { type Connection, connection, decodeCursor, pageSize } from '../connection.js';
import { badInput, notFound } from '../errors.js';
import { actorOf } from '../gate/caller.js';
import type { RequestContext } from '../world.js';
import { type ConsentTold, consentsTold } from './consent-loader.js';
import { type Act, give, withdraw, withdrawAll } from './consents.js';
import {
  Consent,
  type ConsentEvent,
  ConsentEventConnection,
  ConsentPayload,
  ConsentsPayload,
  GiveConsentInput,
  WithdrawAllConsentsInput,
  WithdrawConsentInput,
} from './consents.types.js';
import { consentHistory } from './current.js';

const PLACE_IN_LEDGER = /^([1-9]\d{0,17})$/;

@Resolver(() => AccountType)
export class ConsentsResolver {
  @FieldResolver(() => [Consent], { description: 'Where the person stands, one entry per use that needs consent.' })
  async consents(@Root() account: AccountType, @Ctx() context: RequestContext): Promise<Consent[]> {
    return (await consentsTold(context, account.id)).map((told) => toGraph(told, account.id));
  }

  @FieldResolver(() => ConsentEventConnection, {
    description: 'Every consent given, taken back or ended; what was entered last comes first.',
  })
  async consentHistory(
    @Root() account: AccountType,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() { world }: RequestContext,
  ): Promise<Connection<ConsentEvent>> {
    const place = decodeCursor(after, PLACE_IN_LEDGER);
    const page = await consentHistory(world.sql, account.id, pageSize(first), place?.[1] ?? null);
    return connection(page, { cursorOf: (event) => event.id, nodeOf: (event) => event, after });
  }

  @Mutation(() => ConsentPayload, { description: 'A person agrees to a use of their data (Article 7).' })
  async giveConsent(
    @Arg('input', () => GiveConsentInput, { description: 'What they agree to.' }) input: GiveConsentInput,
    @Ctx() context: RequestContext,
  ): Promise<ConsentPayload> {
    const { db, keys, clock, config, registry } = context.world;
    if (!input.channel && context.caller.kind === 'STAFF')
      throw badInput('channel', 'is missing: say how the consent reached us.');
    const { purpose, policyVersion, wording, locale, evidence } = input;
    const act = await actOf(context, input);
    const rules = { ...config.consent, taxonomy: registry.taxonomy };
    await db.transaction((tx) =>
      give(tx, keys, clock.now(), rules, {
        ...act,
        purpose,
        policyVersion,
        wording: wording ?? undefined,
        locale: locale ?? undefined,
        evidence: evidence ?? undefined,
      }),
    );
    return standing(context, act.accountId, purpose);
  }

  @Mutation(() => ConsentPayload, {
    description: 'A person takes a consent back (Article 7(3)): in force at once, no reason asked, never refused.',
  })
  async withdrawConsent(
    @Arg('input', () => WithdrawConsentInput, { description: 'What they take back.' }) input: WithdrawConsentInput,
    @Ctx() context: RequestContext,
  ): Promise<ConsentPayload> {
    const { db, clock, registry } = context.world;
    const act = await actOf(context, input);
    const { purpose } = input;
    await db.transaction((tx) => withdraw(tx, clock.now(), registry.taxonomy, { ...act, purpose }));
    return standing(context, act.accountId, purpose);
  }

  @Mutation(() => ConsentsPayload, {
    description: 'A person takes every consent back: in force at once, no reason asked, never refused.',
  })
  async withdrawAllConsents(
    @Arg('input', () => WithdrawAllConsentsInput, { description: 'Whose.' }) input: WithdrawAllConsentsInput,
    @Ctx() context: RequestContext,
  ): Promise<ConsentsPayload> {
    const { db, clock } = context.world;
    const act = await actOf(context, input);
    await db.transaction((tx) => withdrawAll(tx, clock.now(), act));
    return { consents: (await consentsTold(context, act.accountId)).map((told) => toGraph(told, act.accountId)) };
  }
}

interface ActInput {
  readonly accountId?: string | null | undefined;
  readonly channel?: Act['channel'] | null | undefined;
  readonly occurredAt?: Date | null | undefined;
}

/** Who acts, and for whom: a person for themself, a guardian for a child, staff for anybody. */
export async function actOf(context: RequestContext, input: ActInput): Promise<Act> {
  const { accountId, channel, occurredAt } = input;
  const when = { channel: channel ?? 'API', occurredAt: occurredAt ?? undefined } as const;
  const { caller } = context;
  if (caller.kind === 'SUBJECT' && accountId && accountId !== caller.accountId) {
    const child = parseUuid('accountId', accountId);
    if (child !== caller.accountId) {
      await requireGuardian(context, child, caller.accountId);
      return { ...when, accountId: child, actor: 'guardian', by: 'GUARDIAN' };
    }
  }
  return {
    ...when,
    accountId: accountOf(context, accountId),
    actor: actorOf(caller),
    by: caller.kind === 'STAFF' ? 'STAFF' : 'PERSON',
  };
}

/** One answer for "there is none" and "it is not yours", so that ids cannot be tried out. */
async function requireGuardian({ world }: RequestContext, childId: string, guardianId: string | null): Promise<void> {
  const [child] = await readAccounts(world.db, world.keys, [childId]);
  if (guardianId === null || child?.record.guardianId !== guardianId)
    throw notFound('accountId: there is no account with this id that you may change.');
}

async function standing(context: RequestContext, accountId: string, purpose: string): Promise<ConsentPayload> {
  const told = (await consentsTold(context, accountId)).find((each) => each.purpose.key === purpose);
  if (!told) throw new Error('a consent was written that cannot be read');
  return { consent: toGraph(told, accountId) };
}

/** `accountId`: whose; null for a device's, before login. */
export function toGraph({ purpose, said }: ConsentTold, accountId: string | null): Consent {
  return {
    purpose,
    status: said?.status ?? 'NEVER_ASKED',
    since: said?.since ?? null,
    policyVersion: said?.policyVersion ?? null,
    validUntil: said?.validUntil ?? null,
    wording: said?.wording ?? null,
    accountId,
  };
}
