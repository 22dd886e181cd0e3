import { Arg, Ctx, FieldResolver, Float, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { accountLoader } from '../accounts/account-loader.js';
import { AccountType } from '../accounts/accounts.types.js';
import { parseUuid } from '../accounts/uuid.js';
import { type Connection, connection, decodeCursor, pageSize } from '../connection.js';
import { MISSED } from '../database/notifications.js';
import { badInput, notFound } from '../errors.js';
import * as exportsDesk from '../exports/exports.js';
import { belongsTo } from '../gate/access.js';
import { actorOf } from '../gate/caller.js';
import { DateTimeScalar } from '../scalars.js';
import type { RequestContext } from '../world.js';
import { requestLoaders } from './request-loader.js';
import {
  cancel,
  dueAt,
  findRequests,
  isOverdue,
  type PrivacyRequest,
  type PrivacyRequestStatus,
  type PrivacyRequestType,
  progressOf,
  queue,
  REQUEST_CHANGED,
  requestsOf,
} from './requests.js';
import {
  PrivacyRequestConnection,
  PrivacyRequestObject,
  PrivacyRequestPayload,
  PrivacyRequestStatusEnum,
  PrivacyRequestTypeEnum,
  RequestActionInput,
  RequestEventType,
  ServiceTaskType,
} from './requests.types.js';

const LARGEST_INT = 2_147_483_647;
const LONGEST_NOTE = 2_000;
const UUID = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const PLACE_IN_QUEUE = new RegExp(`^(\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01]))\\|(${UUID})$`);
const PLACE_IN_LIST = new RegExp(`^(${UUID})$`);
const UNSTORABLE = /[\0\p{Cs}]/u;

@Resolver(() => PrivacyRequestObject)
export class RequestsResolver {
  @Query(() => PrivacyRequestObject, {
    nullable: true,
    description: 'One request: the person’s own, or any for staff.',
  })
  async privacyRequest(
    @Arg('id', () => ID, { description: 'Id of the request.' }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<PrivacyRequest | null> {
    return requireVisible(context, 'id', id);
  }

  @Query(() => PrivacyRequestConnection, { description: 'Everybody’s requests, soonest due first.' })
  async privacyRequests(
    @Arg('type', () => PrivacyRequestTypeEnum, { nullable: true, description: 'Only this right.' })
    type: PrivacyRequestType | null | undefined,
    @Arg('status', () => [PrivacyRequestStatusEnum], { nullable: true, description: 'Only these states.' })
    status: PrivacyRequestStatus[] | null | undefined,
    @Arg('dueBefore', () => DateTimeScalar, {
      nullable: true,
      description: 'Only those due on an earlier day (London).',
    })
    dueBefore: Date | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() { world }: RequestContext,
  ): Promise<Connection<PrivacyRequest>> {
    const [, dueOn = '', id = ''] = decodeCursor(after, PLACE_IN_QUEUE) ?? [];
    const filter = { type: type ?? undefined, status: status ?? undefined, dueBefore: dueBefore ?? undefined };
    const page = await queue(world.db, filter, pageSize(first), after ? { dueOn, id } : null);
    return connection(page, { cursorOf: (row) => `${row.dueOn}|${row.id}`, nodeOf: (row) => row, after });
  }

  @Mutation(() => PrivacyRequestPayload, {
    description: 'Ends a request before it is done, and makes what it made unreachable.',
  })
  async cancelRequest(
    @Arg('input', () => RequestActionInput, { description: 'Which, and why.' }) input: RequestActionInput,
    @Ctx() context: RequestContext,
  ): Promise<PrivacyRequestPayload> {
    const { id } = await requireVisible(context, 'requestId', input.requestId);
    const { db, clock } = context.world;
    const actor = actorOf(context.caller);
    return db.transaction(async (tx) => {
      const request = await cancel(tx, clock.now(), id, actor, noteOf(input));
      await exportsDesk.revokePackages(tx, clock.now(), { requestId: id });
      return { request };
    });
  }

  @Mutation(() => PrivacyRequestPayload, { description: 'Sets the services that did not succeed to work again.' })
  async retryRequest(
    @Arg('input', () => RequestActionInput, { description: 'Which, and why.' }) input: RequestActionInput,
    @Ctx() context: RequestContext,
  ): Promise<PrivacyRequestPayload> {
    const { id } = await requireVisible(context, 'requestId', input.requestId);
    const { db, clock } = context.world;
    const actor = actorOf(context.caller);
    return {
      request: await db.transaction((tx) => exportsDesk.retry(tx, clock.now(), id, actor, noteOf(input))),
    };
  }

  @Subscription(() => PrivacyRequestObject, {
    description: 'The request now, and again whenever it changes, until it has ended.',
    subscribe: ({ args, context }) => watch(context as RequestContext, String(args.id)),
  })
  privacyRequestProgress(
    @Root() request: PrivacyRequest,
    @Arg('id', () => ID, { description: 'Id of the request.' }) _id: string,
  ): PrivacyRequest {
    return request;
  }

  @FieldResolver(() => AccountType, { nullable: true, description: 'The person it belongs to; null once erased.' })
  async account(@Root() request: PrivacyRequest, @Ctx() context: RequestContext): Promise<AccountType | null> {
    return accountLoader(context).load(request.accountId);
  }

  @FieldResolver(() => DateTimeScalar, {
    description: 'By when it must be answered: the end of the due day in London.',
  })
  dueAt(@Root() request: PrivacyRequest): Date {
    return dueAt(request);
  }

  @FieldResolver(() => Boolean, { description: 'Whether it was, or is, late.' })
  overdue(@Root() request: PrivacyRequest, @Ctx() { world }: RequestContext): boolean {
    return isOverdue(request, world.clock.now());
  }

  @FieldResolver(() => Float, { description: 'Share of the work done, 0 to 1.' })
  async progress(@Root() request: PrivacyRequest, @Ctx() context: RequestContext): Promise<number> {
    return progressOf(request, await requestLoaders(context).tasks.load(request.id));
  }

  @FieldResolver(() => [ServiceTaskType], { description: 'What each service does for it.' })
  async tasks(@Root() request: PrivacyRequest, @Ctx() context: RequestContext): Promise<ServiceTaskType[]> {
    const tasks = await requestLoaders(context).tasks.load(request.id);
    return tasks.map((task) => ({ ...task, bytes: task.bytes === null ? null : Math.min(task.bytes, LARGEST_INT) }));
  }

  @FieldResolver(() => [RequestEventType], { description: 'What happened to it, in order.' })
  async history(@Root() request: PrivacyRequest, @Ctx() context: RequestContext): Promise<RequestEventType[]> {
    return requestLoaders(context).events.load(request.id);
  }
}

@Resolver(() => AccountType)
export class AccountRequestsResolver {
  @FieldResolver(() => PrivacyRequestConnection, { description: 'The person’s requests, newest first.' })
  async privacyRequests(
    @Root() account: AccountType,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() { world }: RequestContext,
  ): Promise<Connection<PrivacyRequest>> {
    const place = decodeCursor(after, PLACE_IN_LIST);
    const page = await requestsOf(world.db, account.id, pageSize(first), place?.[1] ?? null);
    return connection(page, { cursorOf: (row) => row.id, nodeOf: (row) => row, after });
  }
}

/** The request, where the caller may see it. One answer for "there is none" and "it is not yours". */
export async function requireVisible(context: RequestContext, argument: string, id: string): Promise<PrivacyRequest> {
  const [request] = await findRequests(context.world.db, [parseUuid(argument, id)]);
  const visible =
    request && (['owner', 'dps', 'support'] as const).some((who) => belongsTo(context.caller, who, request.accountId));
  if (!visible) throw notFound(`${argument}: there is no request with this id that you may see.`);
  return request;
}

export function noteOf(input: RequestActionInput): string | null {
  const note = input.note?.trim() || null;
  if (note && note.length > LONGEST_NOTE) throw badInput('note', `is longer than ${LONGEST_NOTE} characters.`);
  if (note && UNSTORABLE.test(note)) throw badInput('note', 'holds characters that are no text: remove them.');
  return note;
}

const ENDED: readonly PrivacyRequestStatus[] = ['COMPLETED', 'PARTIALLY_COMPLETED', 'FAILED', 'REJECTED', 'CANCELLED'];

/** Each state of a request from now on. Ends with the request. */
async function* watch(context: RequestContext, id: string): AsyncGenerator<PrivacyRequest> {
  // Listen first, then look: a change in between is seen twice rather than missed.
  const changes = await context.world.notifications.subscribe(REQUEST_CHANGED);
  try {
    let request = await requireVisible(context, 'id', id);
    yield request;
    while (!ENDED.includes(request.status)) {
      const change = await changes.next();
      if (change.done) return;
      if (change.value !== request.id && change.value !== MISSED) continue;
      request = await requireVisible(context, 'id', id);
      yield request;
    }
  } finally {
    await changes.return?.();
  }
}
