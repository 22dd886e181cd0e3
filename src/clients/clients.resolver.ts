import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { parseUuid } from '../accounts/uuid.js';
import type { RequestContext } from '../world.js';
import { allClients, type Client, findClient, registerClient, revokeClient } from './clients.js';
import { ClientPayload, ClientType, RegisterClientInput, TrustDocumentsInput, Viewer } from './clients.types.js';
import { trustDocuments } from './trusted-documents.js';

@Resolver(() => ClientType)
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

  @Query(() => [ClientType], { description: 'Every service client, revoked ones too, by name.' })
  async clients(@Ctx() { world }: RequestContext): Promise<Client[]> {
    return allClients(world.db);
  }

  @Mutation(() => ClientPayload, { description: 'Registers a service client, and answers its secret this once.' })
  async registerClient(
    @Arg('input', () => RegisterClientInput, { description: 'Who it is to be.' }) input: RegisterClientInput,
    @Ctx() { world }: RequestContext,
  ): Promise<ClientPayload> {
    const registration = { ...input, transferSafeguard: input.transferSafeguard ?? null };
    const { client, secret } = await registerClient(world.db, world.registry.taxonomy, registration);
    return payload(client, secret);
  }

  @Mutation(() => ClientPayload, { description: 'Ends a client’s access, from its next request on.' })
  async revokeClient(
    @Arg('id', () => ID, { description: 'Id of the client.' }) id: string,
    @Ctx() { world }: RequestContext,
  ): Promise<ClientPayload> {
    return payload(await revokeClient(world.db, world.clock.now(), parseUuid('id', id)), null);
  }

  @Mutation(() => ClientPayload, { description: 'Lets a client ask these documents and no others.' })
  async trustDocuments(
    @Arg('input', () => TrustDocumentsInput, { description: 'The client, and the documents.' })
    input: TrustDocumentsInput,
    @Ctx() { world }: RequestContext,
  ): Promise<ClientPayload> {
    const id = parseUuid('clientId', input.clientId);
    const { documents } = input;
    return payload(await world.db.transaction((tx) => trustDocuments(tx, world.clock.now(), id, documents)), null);
  }

  @FieldResolver(() => Boolean, { description: 'Whether it may ask only the documents registered for it.' })
  trustedDocumentsOnly(@Root() client: ClientType): boolean {
    return client.manifestId !== null;
  }
}

const payload = (client: Client, secret: string | null): ClientPayload => ({ client: client as ClientType, secret });
