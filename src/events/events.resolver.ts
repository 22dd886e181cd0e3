import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import { externalIdReader } from '../accounts/external-ids.js';
import { parseUuid } from '../accounts/uuid.js';
import { type Connection, connection, decodeCursor, pageSize } from '../connection.js';
import { badInput, forbidden, HabeasError } from '../errors.js';
import type { RequestContext } from '../world.js';
import {
  DeadLetterConnection,
  type DeadLetterType,
  EventConnection,
  EventDeliveryType,
  EventType,
  RedeliverEventsInput,
  RedeliverEventsPayload,
} from './events.types.js';
import { BeforeKept, readFeed } from './feed.js';
import { deadLetters, deliveryStates, redeliver } from './state.js';

const PLACE_IN_FEED = /^(0|[1-9]\d{0,17})$/;
const DEAD_LETTER = /^(\S+ [1-9]\d{0,17})$/;
const MOST_IDS = 200;
const BEFORE_KEPT =
  'after: lies before the events that are kept: some that came after it are gone. Read where each person stands, and begin anew without "after".';

@Resolver(() => EventType)
export class EventsResolver {
  @Query(() => EventConnection, {
    description:
      'The events of the calling client’s service, the oldest first. Ask with the last cursor you have dealt with: what comes after it comes at least once, and none is passed over. A cursor that lies before what is kept is GONE.',
  })
  async events(
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() { caller, world }: RequestContext,
  ): Promise<Connection<EventType>> {
    const { registry, sql, keys } = world;
    const service = registry.services.find(
      ({ notify }) => notify?.client && caller.kind === 'SERVICE' && notify.client === caller.name,
    );
    if (!service)
      throw forbidden('Query.events is for clients that a manifest names: set habeas.notify.client of the service.');
    const place = decodeCursor(after, PLACE_IN_FEED);
    const page = await readFeed(sql, service.name, place?.[1] ?? null, pageSize(first)).catch((error: unknown) => {
      throw error instanceof BeforeKept ? new HabeasError('GONE', BEFORE_KEPT, { argument: 'after' }) : error;
    });
    const accountIds = page.rows.map(({ accountId }) => accountId);
    const externalIds = await externalIdReader(sql, keys)(service.name, accountIds);
    return connection(page, {
      cursorOf: ({ sequence }) => sequence,
      nodeOf: ({ accountId, recordedAt, ...event }) => ({
        ...event,
        timestamp: recordedAt,
        externalId: externalIds.get(accountId) ?? null,
      }),
      after,
    });
  }

  @Query(() => [EventDeliveryType], { description: 'Every service that is told of events, and how it stands with it.' })
  async eventDeliveries(@Ctx() { world }: RequestContext): Promise<EventDeliveryType[]> {
    return deliveryStates(world.sql);
  }

  @Query(() => DeadLetterConnection, { description: 'Events that were given up, by service, the oldest first.' })
  async deadLetters(
    @Arg('service', () => String, { nullable: true, description: 'Those of one service.' })
    service: string | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() { world }: RequestContext,
  ): Promise<Connection<DeadLetterType>> {
    const place = decodeCursor(after, DEAD_LETTER)?.[1] ?? null;
    const page = await deadLetters(world.sql, { service: service ?? null, first: pageSize(first), after: place });
    return connection(page, {
      cursorOf: (letter) => `${letter.service} ${letter.position}`,
      nodeOf: (letter) => letter,
      after,
    });
  }

  @Mutation(() => RedeliverEventsPayload, { description: 'Sends dead letters again, which then wait for days anew.' })
  async redeliverEvents(
    @Arg('input', () => RedeliverEventsInput, { description: 'Which.' }) input: RedeliverEventsInput,
    @Ctx() { world }: RequestContext,
  ): Promise<RedeliverEventsPayload> {
    const { service, ids } = input;
    if ((ids?.length ?? 0) > MOST_IDS) throw badInput('ids', `holds more than ${MOST_IDS}: leave it out for all.`);
    const parsed = ids?.map((id, index) => parseUuid(`ids[${index}]`, id)) ?? null;
    return { count: await redeliver(world.sql, { service: service ?? null, ids: parsed }) };
  }
}
