import { Arg, FieldResolver, Int, Resolver } from 'type-graphql';
import { AccountType } from '../accounts/accounts.types.js';
import { type Connection, decodeCursor, emptyConnection, NO_PLACE, pageSize } from '../connection.js';
import { type Disclosure, DisclosureConnection } from './disclosures.types.js';

/** One-off disclosures cannot be made through Habeas yet, so there are none. */
@Resolver(() => AccountType)
export class DisclosuresResolver {
  @FieldResolver(() => DisclosureConnection, { description: 'What was given to somebody outside, newest first.' })
  disclosures(
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' }) after:
      | string
      | null
      | undefined,
  ): Connection<Disclosure> {
    decodeCursor(after, NO_PLACE);
    pageSize(first);
    return emptyConnection;
  }
}
