import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../world.js';
import { declaredPurposes, purposesOf } from './purposes.js';
import type { Field, Service } from './service.js';
import { DataCollection, type DataField, PurposeType, ServiceType } from './services.types.js';

@Resolver(() => ServiceType)
export class ServicesResolver {
  @Query(() => [ServiceType], { description: 'Every registered service and what it holds; Habeas itself first.' })
  services(@Ctx() { world }: RequestContext): readonly Service[] {
    return world.registry.services;
  }

  @Query(() => [PurposeType], { description: 'Everything personal data is used for, by any service.' })
  purposes(@Ctx() { world }: RequestContext): PurposeType[] {
    return [...declaredPurposes(world.registry.services, world.registry.taxonomy)];
  }

  @FieldResolver(() => [DataCollection], { description: 'What the service holds, by kind of record.' })
  async collections(@Root() service: Service, @Ctx() { world }: RequestContext): Promise<DataCollection[]> {
    const datasets = await world.registry.datasets(service);
    return datasets.flatMap((dataset) =>
      dataset.collections.map((collection) => ({
        name: collection.name,
        fields: collection.fields.flatMap((field) => describe(service, field)),
        retention: service.retention.get(collection.name)?.for ?? null,
        erasure: service.erasure.get(collection.name)?.action ?? 'DELETE',
      })),
    );
  }

  @FieldResolver(() => Boolean, { description: 'Whether the service answers now.' })
  async healthy(@Root() service: Service, @Ctx() { world }: RequestContext): Promise<boolean> {
    return (await world.registry.health(service)).healthy;
  }
}

/** A field with its own name; those of a nested object with the path to them. */
function describe(service: Service, field: Field, path: string[] = []): DataField[] {
  const name = [...path, field.name];
  if (field.fields.length > 0) return field.fields.flatMap((each) => describe(service, each, name));
  const category = field.categories[0];
  return [
    {
      name: name.join('.'),
      category: category ?? 'unclassified',
      purposes: category ? purposesOf(service, field.categories) : [],
    },
  ];
}
