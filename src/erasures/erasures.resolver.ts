import { FieldResolver, Resolver } from 'type-graphql';
import { PrivacyRequestObject } from '../requests/requests.types.js';
import { ErasureCertificate, ErasurePlan } from './erasures.types.js';

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
