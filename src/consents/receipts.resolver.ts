import DataLoader from 'dataloader';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../world.js';
import { Consent, ConsentReceipt } from './consents.types.js';
import { type ConsentName, readReceipts, type SignedReceipt } from './receipts.js';

@Resolver(() => Consent)
export class ReceiptsResolver {
  @FieldResolver(() => ConsentReceipt, {
    nullable: true,
    description: 'The receipt of the last consent given, which tells too how it ended. Null where none was given.',
  })
  async receipt(
    @Root() { accountId, purpose }: Consent,
    @Ctx() context: RequestContext,
  ): Promise<SignedReceipt | null> {
    return accountId === null ? null : receiptLoader(context).load({ accountId, purpose: purpose.key });
  }
}

const loaders = new WeakMap<RequestContext, DataLoader<ConsentName, SignedReceipt | null>>();

function receiptLoader(context: RequestContext): DataLoader<ConsentName, SignedReceipt | null> {
  const known = loaders.get(context);
  if (known) return known;
  // Two mutations of one request must each see what they did.
  const loader = new DataLoader<ConsentName, SignedReceipt | null>((asked) => readReceipts(context.world, asked), {
    cache: false,
  });
  loaders.set(context, loader);
  return loader;
}
