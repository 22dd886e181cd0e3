import { type InterfaceTypeDefinitionNode, Kind, type ObjectTypeDefinitionNode, parse } from 'graphql';
import type { Config } from '../config.js';
import { type PersonalData, readPersonalData } from '../services/personal-data-directive.js';
import { purposesBelow } from './purposes-below.js';
import { type FieldName, requiredFields } from './required-fields.js';
import type { Subgraph } from './supergraph.js';

/** What the graph knows of its fields before any question is asked. */
export interface GovernedFields {
  /** `Type.field` of personal data, with what it may be read for. */
  readonly fields: ReadonlyMap<string, PersonalData>;
  /** Types that hold personal data: every leaf of theirs needs a category, but for their keys. */
  readonly personalTypes: ReadonlySet<string>;
  /** `Type.field` of entity keys, which join services and say nothing by themselves. */
  readonly keys: ReadonlySet<string>;
  /**
   * Service types that hold personal data or lead to it, with all it may be read for: what else they tell (how many
   * there are, that there are any) is told for these purposes alone.
   */
  readonly purposesBelow: ReadonlyMap<string, readonly string[]>;
  /** What a field is worked out from by another service (`@requires`), by `Type.field`. */
  readonly requires: ReadonlyMap<string, readonly FieldName[]>;
  /** Types of Habeas’ own part: their access is ruled by graph/access-rules.ts besides. */
  readonly coreTypes: ReadonlySet<string>;
  /** `Query.account` and the like: root fields Habeas answers itself. */
  readonly coreRootFields: ReadonlySet<string>;
  /** The services that answer a field, by `Type.field`. */
  readonly servicesOf: ReadonlyMap<string, readonly string[]>;
  /** `allow`: a field without a category is not governed at all, wherever it is. */
  readonly unclassified: Config['unclassified'];
}

const ROOTS = ['Query', 'Mutation', 'Subscription'];

/** Reads `@personalData` out of the composed graph. `own` is Habeas' own part; null where it is not in the graph. */
export function readGovernedFields(
  supergraphSdl: string,
  own: Subgraph | null,
  services: readonly Subgraph[],
  unclassified: Config['unclassified'] = 'refuse',
): GovernedFields {
  const fields = new Map<string, PersonalData>();
  const personalTypes = new Set<string>();
  const keys = new Set<string>();
  const supergraph = parse(supergraphSdl);
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const field of keyFieldsOf(definition)) keys.add(`${definition.name.value}.${field}`);
    for (const field of definition.fields ?? []) {
      const personalData = readPersonalData(field);
      if (!personalData) continue;
      fields.set(`${definition.name.value}.${field.name.value}`, personalData);
      personalTypes.add(definition.name.value);
    }
  }
  const coreTypes = new Set<string>();
  const coreRootFields = new Set<string>();
  for (const definition of own ? parse(own.sdl).definitions : []) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
    const type = definition.name.value;
    if (!ROOTS.includes(type)) coreTypes.add(type);
    else for (const field of definition.fields ?? []) coreRootFields.add(`${type}.${field.name.value}`);
  }
  return {
    fields,
    personalTypes,
    keys,
    purposesBelow: purposesBelow(supergraphSdl, fields, new Set([...ROOTS, ...coreTypes])),
    requires: requiredFields(supergraph),
    coreTypes,
    coreRootFields,
    servicesOf: whoAnswers(own ? [own, ...services] : services),
    unclassified,
  };
}

/** Top-level fields of an entity's keys, as the supergraph's `@join__type(key:)` names them. */
function keyFieldsOf(definition: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode): string[] {
  const keys = (definition.directives ?? [])
    .filter(({ name }) => name.value === 'join__type')
    .flatMap((join) => join.arguments ?? [])
    .flatMap(({ name, value }) => (name.value === 'key' && value.kind === Kind.STRING ? [value.value] : []));
  return keys.flatMap((key) => key.replaceAll(/\{[^}]*\}/g, '').split(/\s+/)).filter(Boolean);
}

function whoAnswers(parts: readonly Subgraph[]): Map<string, string[]> {
  const answered = new Map<string, string[]>();
  for (const { name, sdl } of parts) {
    for (const definition of parse(sdl).definitions) {
      if (!('fields' in definition) || !definition.name) continue;
      for (const field of definition.fields ?? []) {
        const coordinate = `${definition.name.value}.${field.name.value}`;
        answered.set(coordinate, [...(answered.get(coordinate) ?? []), name]);
      }
    }
  }
  return answered;
}
