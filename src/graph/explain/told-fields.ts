import { type DocumentNode, Kind, type OperationDefinitionNode, visit } from 'graphql';
import { belongsTo, refusal } from '../../gate/access.js';
import type { ServiceCaller } from '../../gate/caller.js';
import { ACCESS_RULES } from '../access-rules.js';
import { type Composed, PreparedOperation } from '../plan/operation.js';
import type { Shape } from '../plan/shape.js';

/** A field that an answer tells something by. */
export interface ToldField {
  /** `Type.field`. */
  readonly coordinate: string;
  /** Of the gate; empty for what it does not judge. */
  readonly classes: readonly number[];
  /** Whether it hangs below an account, so that it is told of somebody. */
  readonly isOfPerson: boolean;
}

/** Everything an operation may be told, whatever its @skip and @include decide; each field once, sorted. */
export function toldFields(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  composed: Composed,
): ToldField[] {
  const found = new Map<string, ToldField>();
  const walk = (shape: Shape, isOfPerson: boolean) => {
    for (const typename of composed.visible.members(shape.type)) {
      for (const { name, coordinate, classes, shape: below } of shape.fieldsOf(typename)) {
        if (below) walk(below, isOfPerson || below.isAccount);
        if (name === '__typename' || (below && (classes.length === 0 || !isOfPerson))) continue;
        const known = found.get(coordinate);
        found.set(coordinate, {
          coordinate,
          classes: [...new Set([...(known?.classes ?? []), ...classes])],
          isOfPerson: isOfPerson || (known?.isOfPerson ?? false),
        });
      }
    }
  };
  walk(wholeShape(document, operation, composed), false);
  return [...found.values()].sort((one, other) => (one.coordinate < other.coordinate ? -1 : 1));
}

/** A field of Habeas' own part that no service reaches, or not this one. */
export interface ClosedField {
  readonly coordinate: string;
  /** For whom it is, in a sentence. */
  readonly message: string;
}

/** Fields that answer FORBIDDEN, whatever they are asked for. The nearest to the root alone: what is below is not reached. */
export function closedFields(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  composed: Composed,
  caller: ServiceCaller,
): ClosedField[] {
  const found = new Map<string, ClosedField>();
  const walk = (shape: Shape) => {
    for (const typename of composed.visible.members(shape.type)) {
      for (const { name, coordinate, shape: below } of shape.fieldsOf(typename)) {
        const audiences = isOwnField(coordinate, composed) ? ruleOf(typename, name) : 'as parent';
        const isOpen = audiences === 'as parent' || audiences.some((audience) => belongsTo(caller, audience, null));
        if (!isOpen) found.set(coordinate, { coordinate, message: refusal(caller, coordinate, audiences).message });
        else if (below) walk(below);
      }
    }
  };
  walk(wholeShape(document, operation, composed));
  return [...found.values()];
}

const ruleOf = (typename: string, name: string) =>
  ACCESS_RULES[`${typename}.${name}`] ?? ACCESS_RULES[`${typename}.*`] ?? 'as parent';

/** Services add fields to `Account` and the roots, which are ruled by purpose alone. */
function isOwnField(coordinate: string, { governed, isOwn }: Composed): boolean {
  return (governed.servicesOf.get(coordinate) ?? []).some(isOwn);
}

function wholeShape(document: DocumentNode, operation: OperationDefinitionNode, composed: Composed): Shape {
  const others = document.definitions.filter(({ kind }) => kind !== Kind.OPERATION_DEFINITION);
  const unconditional = visit(
    { ...document, definitions: [operation, ...others] },
    { Directive: ({ name }) => (name.value === 'skip' || name.value === 'include' ? null : undefined) },
  );
  const [asked = operation] = unconditional.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  return new PreparedOperation(unconditional, asked, composed).shape({});
}
