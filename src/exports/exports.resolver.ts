import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { accountLoader } from '../accounts/account-loader.js';
import { accountOf } from '../accounts/accounts.resolver.js';
import { notFound } from '../errors.js';
import { actorOf } from '../gate/caller.js';
import { checkIntake } from '../requests/intake.js';
import type { PrivacyRequest } from '../requests/requests.js';
import { PrivacyRequestObject, PrivacyRequestPayload } from '../requests/requests.types.js';
import { UrlScalar } from '../scalars.js';
import type { RequestContext } from '../world.js';
import { type ExportFormat, linkToken, packagesOf, requestAccess } from './exports.js';
import { ExportPackageType, RequestAccessInput } from './exports.types.js';

@Resolver(() => PrivacyRequestObject)
export class ExportsResolver {
  @Mutation(() => PrivacyRequestPayload, {
    description:
      'Asks for a copy of everything held. A package is built; `export` appears on the request when it is whole.',
  })
  async requestAccess(
    @Arg('input', () => RequestAccessInput, { description: 'What is asked for.' }) input: RequestAccessInput,
    @Ctx() context: RequestContext,
  ): Promise<PrivacyRequestPayload> {
    const accountId = accountOf(context, input.accountId);
    const { caller, world } = context;
    const { receivedAt, idempotencyKey } = checkIntake(caller, input);
    if (!(await accountLoader(context).load(accountId))) throw notFound('accountId: there is no account with this id.');
    const request = await world.db.transaction((tx) =>
      requestAccess(tx, world.clock.now(), world.registry, world.config, {
        accountId,
        portabilityOnly: input.portabilityOnly,
        formats: input.formats,
        services: input.services ?? undefined,
        channel: input.channel,
        receivedAt,
        idempotencyKey,
        actor: actorOf(caller),
      }),
    );
    return { request };
  }

  @FieldResolver(() => ExportPackageType, { nullable: true, description: 'The package, once it is whole.' })
  async export(@Root() request: PrivacyRequest, @Ctx() { world }: RequestContext): Promise<ExportPackageType | null> {
    const found = (await packagesOf(world.db, [request.id])).get(request.id);
    if (!found) return null;
    return { ...found, bytes: found.sizeBytes, formats: found.formats as ExportFormat[] };
  }
}

@Resolver(() => ExportPackageType)
export class ExportPackageResolver {
  @FieldResolver(() => UrlScalar, {
    description: 'Where the person, and only they, can fetch it with their own token.',
  })
  url(@Root() exportPackage: ExportPackageType, @Ctx() { world }: RequestContext): string {
    return `${world.publicUrl}/exports/${linkToken(world.keys, exportPackage.id)}`;
  }
}
