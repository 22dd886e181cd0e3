import { Arg, Ctx, FieldResolver, Int, Resolver } from 'type-graphql';
import { AccountType } from '../accounts/accounts.types.js';
import { type Connection, decodeCursor, emptyConnection, NO_PLACE, pageSize } from '../connection.js';
import { declaredPurposes } from '../services/purposes.js';
import type { RequestContext } from '../world.js';
import { Consent, type ConsentEvent, ConsentEventConnection } from './consents.types.js';

/**
 * Where a person stands on each use that needs consent. Consent cannot be recorded yet, so nobody has been asked and
 * nothing that rests on consent is permitted.
 */
@Resolver(() => AccountType)
export class ConsentsResolver {
  @FieldResolver(() => [Consent], { description: 'Where the person stands, one entry per use that needs consent.' })
  consents(@Ctx() { world }: RequestContext): Consent[] {
    return declaredPurposes(world.registry.services, world.registry.taxonomy)
      .filter(({ lawfulBasis }) => lawfulBasis === 'CONSENT')
      .map((purpose) => ({ purpose, status: 'NEVER_ASKED', since: null, policyVersion: null, receipt: null }));
  }

  @FieldResolver(() => ConsentEventConnection, { description: 'Every consent given or taken back, newest first.' })
  consentHistory(
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many, 1 to 200.' })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' }) after:
      | string
      | null
      | undefined,
  ): Connection<ConsentEvent> {
    decodeCursor(after, NO_PLACE);
    pageSize(first);
    return emptyConnection;
  }
}
