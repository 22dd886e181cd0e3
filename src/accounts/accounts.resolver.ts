import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Tx } from '../database/database.js';
import { recordRefusal } from '../erasures/refusal.js';
import { badInput, conflict, forbidden, notFound } from '../errors.js';
import { mayReadAccount, requireWrite } from '../gate/access.js';
import { actorOf } from '../gate/caller.js';
import { setPreferences } from '../marketing/preferences.js';
import { wishesOf } from '../marketing/wishes.js';
import type { MarketingPreferencesInput } from '../marketing/wishes.types.js';
import type { RequestContext } from '../world.js';
import { accountLoader } from './account-loader.js';
import {
  findByExternalId,
  findByIdentifier,
  linkService,
  type Registration,
  recordGuardian,
  register,
  updateProfile,
} from './accounts.js';
import {
  AccountPayload,
  AccountType,
  BirthYearsType,
  Identifier,
  type IdentifierInput,
  IdentifierTypeEnum,
  LinkServiceInput,
  Profile,
  RecordGuardianInput,
  RegisterAccountInput,
  ServiceLink,
  UpdateProfileInput,
} from './accounts.types.js';
import type { IdentifierType } from './identifier.js';
import { parseUuid } from './uuid.js';

/** Accounts that one question may name. */
export const MOST_ACCOUNTS = 200;
const MOST_IDENTIFIERS = 20;

@Resolver(() => AccountType)
export class AccountsResolver {
  @Query(() => AccountType, { nullable: true, description: 'The caller’s own account; null before it is registered.' })
  async me(@Ctx() context: RequestContext): Promise<AccountType | null> {
    const { caller } = context;
    if (caller.kind !== 'SUBJECT' || caller.accountId === null) return null;
    return accountLoader(context).load(caller.accountId);
  }

  @Query(() => AccountType, { nullable: true, description: 'One person by account id.' })
  async account(
    @Arg('id', () => ID, { description: 'Account id, a UUID.' }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<AccountType | null> {
    const accountId = parseUuid('id', id);
    const account = mayReadAccount(context.caller, accountId) ? await accountLoader(context).load(accountId) : null;
    // One answer for "there is none" and "it is not yours", so that ids cannot be tried out.
    if (!account) throw notFound('id: there is no account with this id that you may read.');
    return account;
  }

  @Query(() => [AccountType], {
    nullable: 'items',
    description: 'Many people at once, in the order asked; null for one that is unknown, erased or not yours to read.',
  })
  async accounts(
    @Arg('ids', () => [ID], { description: 'Account ids, at most 200.' }) ids: string[],
    @Ctx() context: RequestContext,
  ): Promise<(AccountType | null)[]> {
    if (ids.length > MOST_ACCOUNTS)
      throw badInput('ids', `holds ${ids.length} ids: ask for at most ${MOST_ACCOUNTS} at a time.`);
    const accountIds = ids.map((id, index) => parseUuid(`ids[${index}]`, id));
    const loader = accountLoader(context);
    return Promise.all(accountIds.map((id) => (mayReadAccount(context.caller, id) ? loader.load(id) : null)));
  }

  @Query(() => AccountType, {
    nullable: true,
    description: 'The person who has this verified identifier; null where nobody has.',
  })
  async accountByIdentifier(
    @Arg('type', () => IdentifierTypeEnum, { description: 'What kind of identifier it is.' }) type: IdentifierType,
    @Arg('value', () => String, { description: 'The identifier, in any usual spelling.' }) value: string,
    @Arg('service', () => String, {
      nullable: true,
      description: 'For EXTERNAL_ID: the service that knows the person under this id.',
    })
    service: string | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<AccountType | null> {
    const { db, keys, registry } = context.world;
    if (service && type !== 'EXTERNAL_ID') throw badInput('service', 'goes with type EXTERNAL_ID only: leave it out.');
    if (service && !registry.find(service)) throw badInput('service', 'is not registered: see the query "services".');
    const id = service
      ? await findByExternalId(db, keys, service, value)
      : await findByIdentifier(db, keys, type, value);
    return id === null || !mayReadAccount(context.caller, id) ? null : accountLoader(context).load(id);
  }

  @Mutation(() => AccountPayload, {
    description: 'Registers a person: themself with their own token, or somebody else by a service or staff.',
  })
  async registerAccount(
    @Arg('input', () => RegisterAccountInput, { description: 'The person.' }) input: RegisterAccountInput,
    @Ctx() context: RequestContext,
  ): Promise<AccountPayload> {
    const { caller } = context;
    requireWrite(caller, null);
    const { db, keys, clock } = context.world;
    const registration = registrationOf(input, context);
    const account = await recorded(context, () =>
      db.transaction(async (tx) => {
        const registered = await register(tx, keys, clock.now(), registration);
        if (input.marketingPreferences) await sayOfMarketing(tx, context, registered.id, input.marketingPreferences);
        return registered;
      }),
    );
    if (caller.kind === 'SUBJECT') context.caller = { ...caller, accountId: account.id };
    return { account };
  }

  @Mutation(() => AccountPayload, { description: 'Changes shared account data (rectification, Article 16).' })
  async updateProfile(
    @Arg('input', () => UpdateProfileInput, { description: 'The change.' }) input: UpdateProfileInput,
    @Ctx() context: RequestContext,
  ): Promise<AccountPayload> {
    const accountId = accountOf(context, input.accountId);
    requireWrite(context.caller, accountId);
    const { db, keys, clock } = context.world;
    return {
      account: await db.transaction((tx) => updateProfile(tx, keys, clock.now(), accountId, { ...input.profile })),
    };
  }

  @Mutation(() => AccountPayload, { description: 'Records under which id a service knows a person.' })
  async linkService(
    @Arg('input', () => LinkServiceInput, { description: 'The link.' }) input: LinkServiceInput,
    @Ctx() context: RequestContext,
  ): Promise<AccountPayload> {
    const accountId = parseUuid('accountId', input.accountId);
    requireWrite(context.caller, accountId);
    requireService(context, 'service', input.service);
    const { db, keys, clock } = context.world;
    const { service, externalId } = input;
    const link = () => db.transaction((tx) => linkService(tx, keys, clock.now(), accountId, service, externalId));
    return { account: await recorded(context, link) };
  }

  @Mutation(() => AccountPayload, {
    description: 'Records when a person may have been born and who agrees for them while they are a child.',
  })
  async recordGuardian(
    @Arg('input', () => RecordGuardianInput, { description: 'The child and the guardian.' })
    input: RecordGuardianInput,
    @Ctx() context: RequestContext,
  ): Promise<AccountPayload> {
    const accountId = parseUuid('accountId', input.accountId);
    requireWrite(context.caller, accountId);
    const { db, keys, clock } = context.world;
    const { birthYears, guardianId } = input;
    const childhood = {
      ...(birthYears === undefined ? {} : { birthYears }),
      ...(guardianId === undefined
        ? {}
        : { guardianId: guardianId === null ? null : parseUuid('guardianId', guardianId) }),
    };
    return {
      account: await db.transaction((tx) => recordGuardian(tx, keys, clock.now(), accountId, childhood)),
    };
  }

  @FieldResolver(() => BirthYearsType, {
    nullable: true,
    description: 'The years the person may have been born in, where that was recorded.',
  })
  birthYears(@Root() account: AccountType): BirthYearsType | null {
    return account.record.birthYears ?? null;
  }

  @FieldResolver(() => ID, { nullable: true, description: 'Account of whoever agrees for the person, a child.' })
  guardianId(@Root() account: AccountType): string | null {
    return account.record.guardianId ?? null;
  }

  @FieldResolver(() => Profile, { nullable: true, description: 'Account information all services share.' })
  profile(@Root() account: AccountType): Profile {
    const { updatedAt, ...texts } = account.record.profile;
    return { ...texts, updatedAt: updatedAt === null ? null : new Date(updatedAt) };
  }

  @FieldResolver(() => [ServiceLink], { description: 'The services that know the person.' })
  linkedServices(@Root() account: AccountType, @Ctx() { world }: RequestContext): ServiceLink[] {
    return account.record.links.flatMap(({ service: name, externalId, linkedAt }) => {
      const service = world.registry.find(name);
      return service ? [{ service, externalId, linkedAt: new Date(linkedAt) }] : [];
    });
  }

  @FieldResolver(() => [Identifier], { description: 'What the person is recognised by.' })
  identifiers(@Root() account: AccountType): Identifier[] {
    return account.record.identifiers;
  }
}

/** That somebody erased was to come back is written down, beside the refusal. */
const recorded = <Result>({ caller, world }: RequestContext, act: () => Promise<Result>) =>
  recordRefusal(world.sql, world.clock.now(), actorOf(caller), act);

const BY = { SUBJECT: 'PERSON', STAFF: 'STAFF', SERVICE: 'SERVICE', ANONYMOUS: 'SERVICE' } as const;

/** What a person wants of marketing is said as they are registered. */
async function sayOfMarketing(
  tx: Tx,
  { caller, world }: RequestContext,
  accountId: string,
  wishes: MarketingPreferencesInput,
): Promise<void> {
  const saying = { accountId, channel: 'API', actor: actorOf(caller), by: BY[caller.kind] } as const;
  await setPreferences(tx, world.clock.now(), world.config.marketing, saying, wishesOf(wishes));
}

/** The account a call is about: the one named, or the caller's own where none is. Refuses a stranger's. */
export function accountOf(context: RequestContext, accountId: string | null | undefined): string {
  const { caller } = context;
  if (accountId !== null && accountId !== undefined) {
    const id = parseUuid('accountId', accountId);
    if (!mayReadAccount(caller, id)) throw notFound('accountId: there is no account with this id that you may change.');
    return id;
  }
  if (caller.kind !== 'SUBJECT') throw badInput('accountId', 'is needed: say whose account it is about.');
  if (caller.accountId === null) throw notFound('You have no account yet: register it with "registerAccount".');
  return caller.accountId;
}

function requireService(context: RequestContext, argument: string, name: string): void {
  const service = context.world.registry.find(name);
  if (!service || service.kind === 'CORE')
    throw badInput(argument, 'is not a registered service: see the query "services".');
}

function registrationOf(input: RegisterAccountInput, context: RequestContext): Registration {
  const { caller } = context;
  const identifiers = input.identifiers ?? [];
  if (identifiers.length > MOST_IDENTIFIERS) throw badInput('identifiers', `holds more than ${MOST_IDENTIFIERS}.`);
  const profile = {
    ...(input.profile ? { profile: { ...input.profile } } : {}),
    ...(input.birthYears ? { birthYears: input.birthYears } : {}),
  };
  if (caller.kind === 'SUBJECT') {
    if (caller.accountId !== null) throw conflict('You have an account already: change it with "updateProfile".');
    if (input.id) throw forbidden('id: only services and staff choose the id of an account.');
    if (input.guardianId) throw forbidden('guardianId: only services and staff record a guardian.');
    if (input.links?.length) throw forbidden('links: only services and staff link an account to a service.');
    return { ...profile, identifiers: ownClaims(identifiers, caller.verifiedEmail), login: caller.login };
  }
  for (const [index, link] of (input.links ?? []).entries())
    requireService(context, `links[${index}].service`, link.service);
  return {
    ...(input.id ? { id: parseUuid('id', input.id) } : {}),
    ...(input.guardianId ? { guardianId: parseUuid('guardianId', input.guardianId) } : {}),
    ...profile,
    identifiers,
    links: input.links ?? [],
  };
}

/** A person's own word proves nothing; their identity provider's does, for the address it vouches for. */
function ownClaims(identifiers: readonly IdentifierInput[], verifiedEmail: string | null): IdentifierInput[] {
  return identifiers.map((each) => ({
    ...each,
    verified: each.type === 'EMAIL' && each.value.trim().toLowerCase() === verifiedEmail?.toLowerCase(),
  }));
}
