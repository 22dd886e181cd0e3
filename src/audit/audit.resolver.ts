import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { AccountType } from '../accounts/accounts.types.js';
import { type Connection, connection, decodeCursor, pageSize } from '../connection.js';
import type { RequestContext } from '../world.js';
import { AccessConnection } from './audit.types.js';
import { type Access, accessesOf } from './reads.js';

const PLACE = /^(\d{1,16})$/;

@Resolver(() => AccountType)
export class AuditResolver {
  @FieldResolver(() => AccessConnection, {
    description:
      'Who read what of this person, when and for which purpose, newest first. The person’s own reads are not listed.',
  })
  async accesses(
    @Root() account: AccountType,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null | undefined,
    @Ctx() { world }: RequestContext,
  ): Promise<Connection<Access>> {
    const place = decodeCursor(after, PLACE);
    const page = await accessesOf(world.sql, account.id, pageSize(first), place ? Number(place[1]) : null);
    return connection(page, { cursorOf: (row) => String(row.id), nodeOf: (row) => row, after });
  }
}
