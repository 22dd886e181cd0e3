import {
  type ExecutionResult,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { noteRead } from '../accounts/account-loader.js';
import { MOST_ACCOUNTS } from '../accounts/accounts.resolver.js';
import { isUuid } from '../accounts/uuid.js';
import { mayReadAccount } from '../gate/access.js';
import type { RequestContext } from '../world.js';
import type { Judging } from './judging.js';
import type { DataObject, Value } from './plan/data.js';
import type { Ask } from './plan/execute.js';
import { keyOf, type Question } from './plan/question.js';

/** One root field that asks of accounts nothing but who they are. */
interface Naming {
  readonly key: string;
  readonly isMany: boolean;
  readonly named: ValueNode;
  readonly fields: readonly { readonly key: string; readonly name: string }[];
}

/**
 * Answers such questions to Habeas' own part out of the judgement of these people, which is read anyway: no account is
 * read for it. What is out of the ordinary (an id that is none, somebody unknown) is asked as all else is.
 */
export function namingFirst(
  ask: Ask,
  isOwn: (part: string) => boolean,
  judging: Judging,
  context: RequestContext,
): Ask {
  return async (part, question, variables, operation) => {
    const namings = operation === OperationTypeNode.QUERY && isOwn(part) ? namingsOf(question) : null;
    const named = namings && (await nameAll(namings, variables, judging, context));
    return named ?? ask(part, question, variables, operation);
  };
}

async function nameAll(
  namings: readonly Naming[],
  variables: Readonly<Record<string, unknown>>,
  judging: Judging,
  context: RequestContext,
): Promise<ExecutionResult | null> {
  const asked = namings.map(({ named, isMany }) => idsIn(valueFromASTUntyped(named, { ...variables }), isMany));
  if (!asked.every((ids) => ids !== null)) return null;
  const all = asked.flat();
  if (!all.every((id) => mayReadAccount(context.caller, id))) return null;
  await judging.of(all);
  if (!all.every((id) => judging.knows(id))) return null;
  noteRead(context, all);
  const data: DataObject = {};
  for (const [index, naming] of namings.entries()) {
    const accounts = (asked[index] ?? []).map((id) => name(naming, id));
    data[naming.key] = naming.isMany ? accounts : accounts[0];
  }
  return { data };
}

function name({ fields }: Naming, id: string): Value {
  const account: DataObject = {};
  for (const { key, name: field } of fields) account[key] = field === 'id' ? id : 'Account';
  return account;
}

/** Null for anything but account ids. */
function idsIn(given: unknown, isMany: boolean): string[] | null {
  const ids: unknown = isMany ? given : [given];
  if (!Array.isArray(ids) || ids.length > MOST_ACCOUNTS) return null;
  return ids.every((id) => typeof id === 'string' && isUuid(id)) ? ids.map((id: string) => id.toLowerCase()) : null;
}

const known = new WeakMap<Question, readonly Naming[] | null>();

function namingsOf(question: Question): readonly Naming[] | null {
  const remembered = known.get(question);
  if (remembered !== undefined) return remembered;
  const made = readNamings(question);
  known.set(question, made);
  return made;
}

/** Null where anything else is asked. */
function readNamings({ document }: Question): readonly Naming[] | null {
  const [operation] = document.definitions as readonly OperationDefinitionNode[];
  const namings = (operation?.selectionSet.selections ?? []).map((field) =>
    field.kind === Kind.FIELD ? readNaming(field) : null,
  );
  return namings.every((naming) => naming !== null) ? namings : null;
}

function readNaming(field: FieldNode): Naming | null {
  const root = ROOTS[field.name.value];
  const [argument] = field.arguments ?? [];
  if (!root || argument?.name.value !== root.argument || (field.directives ?? []).length > 0) return null;
  const fields = (field.selectionSet?.selections ?? []).map((each) => {
    const isPlain = each.kind === Kind.FIELD && (each.directives ?? []).length === 0;
    if (!isPlain || (each.name.value !== 'id' && each.name.value !== '__typename')) return null;
    return { key: keyOf(each), name: each.name.value };
  });
  if (!fields.every((each) => each !== null)) return null;
  return { key: keyOf(field), isMany: root.isMany, named: argument.value, fields };
}

const ROOTS: Readonly<Record<string, { readonly argument: string; readonly isMany: boolean }>> = {
  account: { argument: 'id', isMany: false },
  accounts: { argument: 'ids', isMany: true },
};
