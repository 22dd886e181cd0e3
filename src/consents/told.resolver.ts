import DataLoader from 'dataloader';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { ToldType } from '../events/events.types.js';
import { type Told, toldOf } from '../events/state.js';
import type { RequestContext } from '../world.js';
import { ConsentEvent } from './consents.types.js';

type Act = Pick<ConsentEvent, 'id' | 'accountId'>;

const loaders = new WeakMap<RequestContext, DataLoader<Act, Told[]>>();

@Resolver(() => ConsentEvent)
export class ToldResolver {
  @FieldResolver(() => [ToldType], {
    description: 'The services that are told of it. None of what was entered late and changed nothing.',
  })
  async told(@Root() event: ConsentEvent, @Ctx() context: RequestContext): Promise<Told[]> {
    const loader =
      loaders.get(context) ?? new DataLoader<Act, Told[]>((acts) => toldOf(context.world.sql, acts), { cache: false });
    loaders.set(context, loader);
    return loader.load(event);
  }
}
