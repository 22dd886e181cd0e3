import { type ConstDirectiveNode, type FieldDefinitionNode, Kind, parse, print, visit } from 'graphql';
import type { Config } from '../config.js';
import type { Registry } from '../services/registry.js';
import type { CoreSchema } from './core-schema.js';
import { FEDERATION_FIELDS } from './federation-fields.js';
import { buildGraph, type Graph } from './graph.js';
import { compose, OWN_PART, partNames } from './supergraph.js';

/**
 * Habeas' own part as a graph of its own: what a company's router asks. It is answered as the whole graph is, by the
 * same planner, gate and records; it knows no other service.
 */
export function buildOwnGraph(registry: Registry, core: CoreSchema, unclassified: Config['unclassified']): Graph {
  return buildGraph({
    registry,
    core,
    own: { name: OWN_PART, sdl: core.subgraphSdl + FEDERATION_FIELDS },
    services: [],
    supergraphSdl: withFederation(compose([{ name: OWN_PART, sdl: core.subgraphSdl }])),
    unclassified,
  });
}

/** Composition leaves out by which fields a subgraph is asked: here they are what is asked. */
function withFederation(supergraphSdl: string): string {
  const [graph = ''] = partNames(supergraphSdl).keys();
  const joined = joinsOf(`scalar _ @join__type(graph: ${graph})`);
  const member = joinsOf(`scalar _ @join__unionMember(graph: ${graph}, member: "Account")`);
  const queryFields: FieldDefinitionNode[] = [];
  const types = visit(parse(FEDERATION_FIELDS), {
    ScalarTypeDefinition: (node) => ({ ...node, directives: joined }),
    ObjectTypeDefinition: (node) => ({ ...node, directives: joined }),
    UnionTypeDefinition: (node) => ({ ...node, directives: [...joined, ...member] }),
    ObjectTypeExtension: ({ fields }) => {
      queryFields.push(...(fields ?? []));
      return null;
    },
  });
  const supergraph = visit(parse(supergraphSdl), {
    ObjectTypeDefinition: (node) =>
      node.name.value === 'Query' ? { ...node, fields: [...(node.fields ?? []), ...queryFields] } : undefined,
  });
  return `${print(supergraph)}\n\n${print(types)}`;
}

function joinsOf(scalar: string): readonly ConstDirectiveNode[] {
  const [definition] = parse(scalar).definitions;
  return definition?.kind === Kind.SCALAR_TYPE_DEFINITION ? (definition.directives ?? []) : [];
}
