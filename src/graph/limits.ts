import { GraphQLError, Kind, type SelectionSetNode, type ValidationContext, type ValidationRule } from 'graphql';

/** How large a question may be. Requests above are refused before anything is planned or fetched. */
export const LIMITS = {
  tokens: 1_000,
  depth: 12,
  aliases: 15,
  rootFields: 10,
  directives: 10,
  /** Fields and fragments, each fragment counted wherever it is spread: what the planner has to walk. */
  selections: 2_000,
  bodyBytes: 262_144,
} as const;

/** `limit` names which; it outlasts the code, which the server replaces by one of its own. */
const tooComplex = (limit: keyof typeof LIMITS, message: string) =>
  new GraphQLError(message, { extensions: { code: 'QUERY_TOO_COMPLEX', limit } });

/** Deepest chain of fields, fragments followed, each fragment measured once. Introspection is left to its own rule. */
export const depthLimit: ValidationRule = (context) => {
  const measured = new Map<string, number>();
  return {
    OperationDefinition: (operation) => {
      if (depthOf(operation.selectionSet, context, measured) > LIMITS.depth) {
        context.reportError(
          tooComplex('depth', `The query is nested deeper than ${LIMITS.depth} fields: ask in several queries.`),
        );
      }
    },
  };
};

function depthOf(selections: SelectionSetNode, context: ValidationContext, measured: Map<string, number>): number {
  let deepest = 0;
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value.startsWith('__')) continue;
      const below = selection.selectionSet ? depthOf(selection.selectionSet, context, measured) : 0;
      deepest = Math.max(deepest, 1 + below);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      deepest = Math.max(deepest, depthOf(selection.selectionSet, context, measured));
    } else {
      deepest = Math.max(deepest, fragmentDepth(selection.name.value, context, measured));
    }
  }
  return deepest;
}

function fragmentDepth(name: string, context: ValidationContext, measured: Map<string, number>): number {
  const known = measured.get(name);
  if (known !== undefined) return known;
  measured.set(name, 0); // A fragment inside itself is another rule's error; here it must only end.
  const fragment = context.getFragment(name);
  const depth = fragment ? depthOf(fragment.selectionSet, context, measured) : 0;
  measured.set(name, depth);
  return depth;
}

/** How many selections a set comes to with its fragments written out; each fragment counted once, and added up. */
function sizeOf(set: SelectionSetNode, context: ValidationContext, counted: Map<string, number>): number {
  return set.selections.reduce((size, selection) => {
    if (selection.kind !== Kind.FRAGMENT_SPREAD) {
      return size + 1 + (selection.selectionSet ? sizeOf(selection.selectionSet, context, counted) : 0);
    }
    const name = selection.name.value;
    const known = counted.get(name);
    if (known !== undefined) return size + 1 + known;
    counted.set(name, 0); // A fragment inside itself is another rule's error.
    const fragment = context.getFragment(name);
    const below = fragment ? sizeOf(fragment.selectionSet, context, counted) : 0;
    counted.set(name, below);
    return size + 1 + below;
  }, 0);
}

/** Aliases, root fields, directives and fragments: what lets a small document ask for much. */
export const breadthLimit: ValidationRule = (context) => {
  const counted = new Map<string, number>();
  let aliases = 0;
  let directives = 0;
  return {
    Field: (field) => {
      if (field.alias) aliases += 1;
    },
    Directive: () => {
      directives += 1;
    },
    OperationDefinition: (operation) => {
      if (operation.selectionSet.selections.length > LIMITS.rootFields) {
        context.reportError(
          tooComplex('rootFields', `The query has more than ${LIMITS.rootFields} root fields: ask in several queries.`),
        );
      }
      if (sizeOf(operation.selectionSet, context, counted) > LIMITS.selections) {
        context.reportError(
          tooComplex(
            'selections',
            `The query has more than ${LIMITS.selections} selections, fragments written out: ask in several queries.`,
          ),
        );
      }
    },
    Document: {
      leave: () => {
        if (aliases > LIMITS.aliases)
          context.reportError(tooComplex('aliases', `The query has more than ${LIMITS.aliases} aliases.`));
        if (directives > LIMITS.directives) {
          context.reportError(tooComplex('directives', `The query has more than ${LIMITS.directives} directives.`));
        }
      },
    },
  };
};
