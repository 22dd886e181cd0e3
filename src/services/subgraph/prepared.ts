import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
} from 'graphql';
import type { SubgraphRequest } from '../connector.js';
import type { EntityKeys, KeyField } from './entity-keys.js';

/** Where an answer tells which entity it is. */
export interface KeyCheck {
  /** The type asked for. */
  readonly type: string;
  readonly field: KeyField;
  /** The field's key in the answer. */
  readonly responseKey: string;
  /** Whether it was selected for the check alone, and so is no part of the answer. */
  readonly isAdded: boolean;
}

/** One `_entities` field of a question. */
export interface EntitiesField {
  /** Its key in the answer. */
  readonly key: string;
  /** The variable of its representations. */
  readonly variable: string;
  readonly checks: readonly KeyCheck[];
  /** Keys to be taken out of each entity, the last selected first. */
  readonly added: readonly string[];
}

/** A question made ready once: everything about it that does not change from call to call. */
export interface PreparedQuestion {
  /** The body of a call up to its variables. */
  readonly head: string;
  /** Variables it declares, apart from those of representations. */
  readonly variables: readonly string[];
  readonly entities: readonly EntitiesField[];
  readonly isQuery: boolean;
  /** Whether it asks for nothing but entities, each list by a variable of its own: then others may travel with it. */
  readonly isMergeable: boolean;
}

const ADDED = '_habeas';

/** Throws where the document holds no operation. */
export function prepareQuestion({ document, operationType }: SubgraphRequest, keys: EntityKeys): PreparedQuestion {
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('A question came without an operation.');
  const fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [],
    ),
  );
  const entities: EntitiesField[] = [];
  const selections = operation.selectionSet.selections.map((selected) => {
    const variable = representationsOf(selected);
    if (selected.kind !== Kind.FIELD || variable === null) return selected;
    const { field, checks } = withKeys(selected, keys, fragments);
    const added = checks.filter(({ isAdded }) => isAdded).map(({ responseKey }) => responseKey);
    entities.push({ key: keyOf(selected), variable, checks, added: added.reverse() });
    return field;
  });
  const asked: OperationDefinitionNode = { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } };
  const sent: DocumentNode = {
    ...document,
    definitions: document.definitions.map((each) => (each === operation ? asked : each)),
  };
  const declared = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const ofRepresentations = new Set(entities.map(({ variable }) => variable));
  const isQuery = (operationType ?? operation.operation) === 'query';
  return {
    head: `{"query":${JSON.stringify(print(sent))},"variables":`,
    variables: declared.filter((name) => !ofRepresentations.has(name)),
    entities,
    isQuery,
    isMergeable:
      isQuery &&
      entities.length === selections.length &&
      entities.length > 0 &&
      ofRepresentations.size === entities.length,
  };
}

function representationsOf(selected: SelectionNode): string | null {
  if (selected.kind !== Kind.FIELD || selected.name.value !== '_entities' || !selected.selectionSet) return null;
  const given = selected.arguments?.find(({ name }) => name.value === 'representations')?.value;
  return given?.kind === Kind.VARIABLE ? given.name.value : null;
}

/** The field with the keys of all types it asks about selected, under names nobody else uses where they are not yet. */
function withKeys(
  field: FieldNode,
  keys: EntityKeys,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): { field: FieldNode; checks: KeyCheck[] } {
  const parts = fragmentsIn(field.selectionSet?.selections ?? [], fragments);
  const checks: KeyCheck[] = [];
  const additions: SelectionNode[] = [];
  for (const type of new Set(parts.map((part) => part.type))) {
    const selected = parts.filter((part) => part.type === type).flatMap((part) => part.plain);
    const missing: KeyCheck[] = [];
    for (const key of keys.get(type) ?? []) {
      const known = key.inside.length === 0 && selected.find(({ name }) => name.value === key.name);
      const check = { type, field: key, responseKey: known ? keyOf(known) : addedKey(type, key), isAdded: !known };
      checks.push(check);
      if (!known) missing.push(check);
    }
    additions.push(...additionFor(type, missing));
  }
  const selections = [...(field.selectionSet?.selections ?? []), ...additions];
  return { field: { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections } }, checks };
}

/** Of one type alone, so that a key of the same name but another type elsewhere is no conflict. */
const addedKey = (type: string, { text }: KeyField) => `${ADDED}_${type}_${text.replaceAll(/\W+/g, '_')}`;

function additionFor(type: string, checks: readonly KeyCheck[]): SelectionNode[] {
  if (checks.length === 0) return [];
  const fields = checks.map(({ responseKey, field }) => `${responseKey}: ${field.text}`);
  const [operation] = parse(`{ ... on ${type} { ${fields.join(' ')} } }`, { noLocation: true }).definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION ? [...operation.selectionSet.selections] : [];
}

interface FragmentPart {
  readonly type: string;
  /** Fields without arguments and conditions. */
  readonly plain: readonly FieldNode[];
}

/** What is selected of each type at the top of entities, fragments in fragments too. */
function fragmentsIn(
  selections: readonly SelectionNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FragmentPart[] {
  return selections.flatMap((selected) => {
    if (selected.kind === Kind.FIELD) return [];
    const fragment = selected.kind === Kind.INLINE_FRAGMENT ? selected : fragments.get(selected.name.value);
    if (!fragment) return [];
    const plain = fragment.selectionSet.selections.filter(isPlain);
    const here = fragment.typeCondition ? [{ type: fragment.typeCondition.name.value, plain }] : [];
    const parts = [...here, ...fragmentsIn(fragment.selectionSet.selections, fragments)];
    // Under a condition nothing is certain to be selected.
    return (selected.directives ?? []).length === 0 ? parts : parts.map(({ type }) => ({ type, plain: [] }));
  });
}

const isPlain = (selected: SelectionNode): selected is FieldNode =>
  selected.kind === Kind.FIELD && (selected.arguments ?? []).length === 0 && (selected.directives ?? []).length === 0;

const keyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value;

const MOST_KEPT = 2_000;

/** Prepared questions by their text; those not asked for longest go first. */
export class PreparedQuestions {
  readonly #byText = new Map<string, PreparedQuestion>();
  readonly #texts = new WeakMap<DocumentNode, string>();

  constructor(private readonly keys: EntityKeys) {}

  of(request: SubgraphRequest): PreparedQuestion {
    const text = request.text ?? this.#textOf(request.document);
    const known = this.#byText.get(text);
    if (known) return known;
    const made = prepareQuestion(request, this.keys);
    const [oldest] = this.#byText.size < MOST_KEPT ? [] : this.#byText.keys();
    if (oldest !== undefined) this.#byText.delete(oldest);
    this.#byText.set(text, made);
    return made;
  }

  #textOf(document: DocumentNode): string {
    const known = this.#texts.get(document);
    if (known !== undefined) return known;
    const text = print(document);
    this.#texts.set(document, text);
    return text;
  }
}
