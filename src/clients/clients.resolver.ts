import { Ctx, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../world.js';
import { findClient } from './clients.js';
import { type ClientType, Viewer } from './clients.types.js';

@Resolver(() => Viewer)
export class ClientsResolver {
  @Query(() => Viewer, { description: 'Who is calling, and what they may do.' })
  async viewer(@Ctx() { caller, world }: RequestContext): Promise<Viewer> {
    const client = caller.kind === 'SERVICE' ? await findClient(world.db, caller.name) : null;
    return {
      kind: caller.kind,
      accountId: caller.kind === 'SUBJECT' ? caller.accountId : null,
      client: client as ClientType | null,
      roles: caller.kind === 'STAFF' ? [...caller.roles] : [],
      purposes: caller.kind === 'SERVICE' ? [...caller.purposes] : [],
    };
  }
}
