import { type DefinitionNode, Kind, parse, type TypeNode } from 'graphql';
import type { PersonalData } from '../services/personal-data-directive.js';

/**
 * Every type that holds personal data or leads to it, with all the purposes that something there may be read for.
 * `passedOver`: types ruled otherwise, which are neither listed nor led through.
 */
export function purposesBelow(
  supergraphSdl: string,
  governed: ReadonlyMap<string, PersonalData>,
  passedOver: ReadonlySet<string>,
): Map<string, readonly string[]> {
  const below = new Map<string, Set<string>>();
  const leadsTo = new Map<string, readonly string[]>();
  for (const definition of parse(supergraphSdl).definitions) {
    if (!('name' in definition) || !definition.name || passedOver.has(definition.name.value)) continue;
    const type = definition.name.value;
    leadsTo.set(type, targetsOf(definition));
    const personal = fieldsOf(definition).flatMap(({ name }) => governed.get(`${type}.${name.value}`) ?? []);
    if (personal.length > 0) below.set(type, new Set(personal.flatMap(({ purposes }) => purposes)));
  }
  while (spread(below, leadsTo));
  return new Map([...below].map(([type, purposes]) => [type, [...purposes].sort()]));
}

/** Hands purposes one step up, from types to those that lead to them; false once nothing changes. */
function spread(below: Map<string, Set<string>>, leadsTo: ReadonlyMap<string, readonly string[]>): boolean {
  let changed = false;
  for (const [type, targets] of leadsTo) {
    for (const target of targets) {
      const further = below.get(target);
      if (!further) continue;
      const known = below.get(type);
      const all = new Set([...(known ?? []), ...further]);
      if (known?.size === all.size) continue;
      below.set(type, all);
      changed = true;
    }
  }
  return changed;
}

function fieldsOf(definition: DefinitionNode) {
  const hasFields =
    definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
  return hasFields ? (definition.fields ?? []) : [];
}

function targetsOf(definition: DefinitionNode): string[] {
  if (definition.kind === Kind.UNION_TYPE_DEFINITION) return (definition.types ?? []).map(({ name }) => name.value);
  return fieldsOf(definition).map(({ type }) => innermost(type));
}

function innermost(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : innermost(type.type);
}
