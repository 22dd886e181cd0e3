import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { AccountType } from '../accounts/accounts.types.js';
import { parseUuid } from '../accounts/uuid.js';
import { type Connection, connection, decodeCursor, pageSize } from '../connection.js';
import { badInput } from '../errors.js';
import { actorOf } from '../gate/caller.js';
import type { RequestContext } from '../world.js';
import { holdLoader } from './hold-loader.js';
import { type Hold, listHolds, placeHold, releaseHold } from './holds.js';
import {
  LegalHold,
  LegalHoldConnection,
  LegalHoldPayload,
  PlaceLegalHoldInput,
  ReleaseLegalHoldInput,
} from './holds.types.js';

const LONGEST_TEXT = 2_000;
const UNSTORABLE = /[\0\p{Cs}]/u;
const PLACE_IN_LIST =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z)\|([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;

@Resolver(() => AccountType)
export class LegalHoldsResolver {
  @FieldResolver(() => [LegalHold], {
    description: 'What keeps, or kept, the person’s data from being erased, oldest first.',
  })
  async legalHolds(@Root() account: AccountType, @Ctx() context: RequestContext): Promise<Hold[]> {
    return holdLoader(context).load(account.id);
  }
}

@Resolver(() => LegalHold)
export class HoldsResolver {
  @Query(() => LegalHoldConnection, { description: 'Everybody’s legal holds, newest first.' })
  async legalHolds(
    @Arg('accountId', () => ID, { nullable: true, description: 'Only those on one person.' })
    accountId: string | null | undefined,
    @Arg('standingOnly', () => Boolean, { defaultValue: true, description: 'Whether to leave out those that ended.' })
    standingOnly: boolean,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() { world }: RequestContext,
  ): Promise<Connection<Hold>> {
    const [, placedAt = '', id = ''] = decodeCursor(after, PLACE_IN_LIST) ?? [];
    const filter = { accountId: accountId ? parseUuid('accountId', accountId) : null, standingOnly };
    const place = after ? { placedAt: new Date(placedAt), id } : null;
    const page = await listHolds(world.db, filter, pageSize(first), place);
    return connection(page, {
      cursorOf: (hold) => `${hold.placedAt.toISOString()}|${hold.id}`,
      nodeOf: (hold) => hold,
      after,
    });
  }

  @Mutation(() => LegalHoldPayload, {
    description: 'Keeps a person’s data, or a part of it, from being erased until the hold is released.',
  })
  async placeLegalHold(
    @Arg('input', () => PlaceLegalHoldInput, { description: 'Whose data, which, and why.' })
    input: PlaceLegalHoldInput,
    @Ctx() context: RequestContext,
  ): Promise<LegalHoldPayload> {
    const { caller, world } = context;
    const placing = {
      accountId: parseUuid('accountId', input.accountId),
      reason: textOf('reason', input.reason),
      service: input.service ?? null,
      collection: input.collection ?? null,
      actor: actorOf(caller),
    };
    requireHolder(context, placing.service, placing.collection);
    return { legalHold: await world.db.transaction((tx) => placeHold(tx, world.clock.now(), placing)) };
  }

  @Mutation(() => LegalHoldPayload, { description: 'Ends a hold. That it stood, and why it ended, stays on record.' })
  async releaseLegalHold(
    @Arg('input', () => ReleaseLegalHoldInput, { description: 'Which, and why.' }) input: ReleaseLegalHoldInput,
    @Ctx() { caller, world }: RequestContext,
  ): Promise<LegalHoldPayload> {
    const holdId = parseUuid('holdId', input.holdId);
    const note = textOf('note', input.note);
    const released = world.db.transaction((tx) => releaseHold(tx, world.clock.now(), holdId, note, actorOf(caller)));
    return { legalHold: await released };
  }
}

/** A hold on what nobody holds would keep nothing, and look as if it did. */
function requireHolder({ world }: RequestContext, name: string | null, collection: string | null): void {
  if (name === null) {
    if (collection !== null) throw badInput('service', 'is needed beside "collection": say whose it is.');
    return;
  }
  const service = world.registry.find(name);
  if (!service) throw badInput('service', 'is not registered: see the query "services".');
  if (collection === null) return;
  const known = service.datasets.flatMap(({ collections }) => collections.map((each) => each.name));
  if (!known.includes(collection))
    throw badInput('collection', 'is no collection of this service: see the query "services".');
}

function textOf(argument: string, given: string): string {
  const text = given.trim();
  if (text === '') throw badInput(argument, 'is empty: say why.');
  if (text.length > LONGEST_TEXT) throw badInput(argument, `is longer than ${LONGEST_TEXT} characters.`);
  if (UNSTORABLE.test(text)) throw badInput(argument, 'holds characters that are no text: remove them.');
  return text;
}
