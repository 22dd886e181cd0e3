import {
  type DirectiveNode,
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { withoutSpreads } from './question.js';

/**
 * An operation as the planner can plan it; null where it asks about the schema alone. What the planner cannot read is
 * written differently: questions about the schema, which are not its business, are taken out, and a fragment with
 * @skip or @include that narrows no type hands them down to its fields. The plan may then fetch more than is asked
 * for, never less.
 */
export function plannable(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): DocumentNode | null {
  if (!isUnreadable(document)) return document;
  const others = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const spelled = withoutSpreads({ ...document, definitions: [operation, ...others] });
  const root = schema.getRootType(operation.operation);
  if (!root) throw new Error(`the graph has no ${operation.operation}`);
  const selections = settle(spelled.selectionSet, root, [], schema);
  if (selections.length === 0) return null;
  const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections };
  return { kind: Kind.DOCUMENT, definitions: [{ ...spelled, selectionSet }] };
}

function isUnreadable(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field: ({ name }) => {
      found ||= isAboutSchema(name.value);
    },
    InlineFragment: ({ directives = [] }) => {
      found ||= directives.length > 0;
    },
    FragmentSpread: ({ directives = [] }) => {
      found ||= directives.length > 0;
    },
  });
  return found;
}

const isAboutSchema = (name: string) => name === '__schema' || name === '__type';

function settle(
  { selections }: SelectionSetNode,
  parent: GraphQLNamedType,
  conditions: readonly DirectiveNode[],
  schema: GraphQLSchema,
): SelectionNode[] {
  return selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) throw new Error('a fragment was not written out');
    const directives = together(selection.directives ?? [], conditions);
    if (selection.kind === Kind.FIELD) {
      if (isAboutSchema(selection.name.value)) return [];
      const set = selection.selectionSet;
      const type = typeOf(parent, selection.name.value);
      if (!set || !type) return [{ ...selection, directives }];
      return [{ ...selection, directives, selectionSet: setOf(settle(set, type, [], schema)) }];
    }
    const narrowed = narrowedBy(selection, parent, schema);
    if (!narrowed) return settle(selection.selectionSet, parent, directives, schema);
    const below = settle(selection.selectionSet, narrowed, [], schema);
    return [{ ...selection, directives, selectionSet: setOf(below) }];
  });
}

const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({ kind: Kind.SELECTION_SET, selections });

function typeOf(parent: GraphQLNamedType, name: string): GraphQLNamedType | null {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return null;
  const field = parent.getFields()[name];
  return field ? getNamedType(field.type) : null;
}

/** The type a fragment narrows its parent to; null where all of the parent's objects are of it. */
function narrowedBy(
  { typeCondition }: InlineFragmentNode,
  parent: GraphQLNamedType,
  schema: GraphQLSchema,
): GraphQLCompositeType | null {
  const type = typeCondition && schema.getType(typeCondition.name.value);
  if (!isCompositeType(type) || type === parent) return null;
  const isWider =
    isAbstractType(type) && (isObjectType(parent) || isInterfaceType(parent)) && schema.isSubType(type, parent);
  return isWider ? null : type;
}

/** Both conditions; where they are of one kind and differ only the nearer one, for a directive stands once. */
function together(own: readonly DirectiveNode[], from: readonly DirectiveNode[]): DirectiveNode[] {
  const added = from.filter(({ name }) => !own.some((each) => each.name.value === name.value));
  return [...own, ...added];
}
