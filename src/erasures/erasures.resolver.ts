import { FieldResolver, Resolver } from 'type-graphql';
import { AccountType } from '../accounts/accounts.types.js';
import { PrivacyRequestObject } from '../requests/requests.types.js';
import { ErasureCertificate, ErasurePlan, LegalHold } from './erasures.types.js';

/** Holds cannot be placed yet, so there are none. */
@Resolver(() => AccountType)
export class LegalHoldsResolver {
  @FieldResolver(() => [LegalHold], { description: 'What keeps the person’s data from being erased.' })
  legalHolds(): LegalHold[] {
    return [];
  }
}

/** Requests that gather data plan and certify no erasure. */
@Resolver(() => PrivacyRequestObject)
export class ErasuresResolver {
  @FieldResolver(() => ErasurePlan, { nullable: true, description: 'For ERASURE: what it does.' })
  erasurePlan(): ErasurePlan | null {
    return null;
  }

  @FieldResolver(() => ErasureCertificate, { nullable: true, description: 'For ERASURE: the proof that it was done.' })
  certificate(): ErasureCertificate | null {
    return null;
  }
}
