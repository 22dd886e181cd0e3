import type { DataRecord, Json } from '../connector.js';
import { UnreadableAnswer } from '../outgoing-json.js';

/**
 * A node of the GDPR API's answer, read. A leaf has a value or tells by `error` why it has none (a login too weak for
 * that part); an inner node has children. A node that came with both has its value as its first child, of the same key.
 */
export type TreeNode =
  | { readonly key: string; readonly kind: 'leaf'; readonly value: Json }
  | { readonly key: string; readonly kind: 'error'; readonly error: Json }
  | { readonly key: string; readonly kind: 'inner'; readonly children: readonly TreeNode[] };

/** A collection as the tree holds it. */
export interface TreeCollection {
  readonly name: string;
  /** Each with the key of the node it came from. */
  readonly records: readonly { readonly key: string; readonly fields: DataRecord }[];
}

const DEPTH = 20;

/**
 * Reads an answer into its root node; null for an empty one (`{}`, `[]`, null, a bare root): nothing is held.
 * `label` and what else the contract does not know is put aside: it names the key in other words and is no data.
 * Throws `UnreadableAnswer` for another shape or more than 20 levels.
 */
export function readTree(answer: Json): TreeNode | null {
  if (answer === null || (typeof answer === 'object' && Object.keys(answer).length === 0)) return null;
  const root = readNode(answer, DEPTH);
  return root.kind === 'leaf' && root.value === null ? null : root;
}

function readNode(node: Json, left: number): TreeNode {
  if (left === 0) throw new UnreadableAnswer(`its tree is more than ${DEPTH} levels deep`);
  if (typeof node !== 'object' || node === null || Array.isArray(node) || typeof node.key !== 'string') {
    throw new UnreadableAnswer('its nodes are no objects with a key');
  }
  const { key, value, children, error } = node;
  if (children !== undefined && children !== null && !Array.isArray(children)) {
    throw new UnreadableAnswer('the children of a node are no list');
  }
  const own: TreeNode[] = [
    ...(value === undefined ? [] : [{ key, kind: 'leaf', value } as const]),
    ...(error === undefined || error === null ? [] : [{ key, kind: 'error', error } as const]),
  ];
  const below = Array.isArray(children) ? children.map((child) => readNode(child, left - 1)) : undefined;
  const [only] = own;
  if (below === undefined && own.length < 2) return only ?? { key, kind: 'leaf', value: null };
  return { key, kind: 'inner', children: [...own, ...(below ?? [])] };
}

/**
 * The tree as collections of records, every value in exactly one record. A child of the root whose children all have
 * children is a collection of them; one with other children is a collection of one record; leaves of the root itself
 * are one record of a collection named after the root.
 */
export function collectionsOf(root: TreeNode): readonly TreeCollection[] {
  const children = root.kind === 'inner' ? root.children : [root];
  const plain = children.filter((child) => child.kind !== 'inner');
  const collections: TreeCollection[] = children.flatMap((child) =>
    child.kind === 'inner' ? { name: snakeCase(child.key), records: recordsBelow(child) } : [],
  );
  const own = { name: snakeCase(root.key), records: [{ key: root.key, fields: recordOf(plain) }] };
  return merged(plain.length > 0 ? [own, ...collections] : collections);
}

function recordsBelow(node: TreeNode & { kind: 'inner' }): TreeCollection['records'] {
  const inner = node.children.flatMap((child) => (child.kind === 'inner' ? [child] : []));
  return inner.length === node.children.length
    ? inner.map(({ key, children }) => ({ key, fields: recordOf(children) }))
    : [{ key: node.key, fields: recordOf(node.children) }];
}

/** Fields by key in snake case, in the tree's order; a key that comes again makes the field a list. */
function recordOf(nodes: readonly TreeNode[]): DataRecord {
  const fields = new Map<string, Json[]>();
  for (const node of nodes) grouped(fields, snakeCase(node.key)).push(valueUnder(node));
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? null) : values]),
  );
}

function valueUnder(node: TreeNode): Json {
  if (node.kind === 'leaf') return node.value;
  if (node.kind === 'error') return { error: node.error };
  return isList(node.key, node.children) ? node.children.map(valueUnder) : recordOf(node.children);
}

/** MESSAGES holding MESSAGE, MESSAGE; and so that one message makes the same shape as two, MESSAGES holding MESSAGE. */
function isList(key: string, children: readonly TreeNode[]): boolean {
  const [first, ...rest] = children;
  if (!first) return true;
  if (rest.some((child) => child.key !== first.key)) return false;
  return rest.length > 0 || [`${first.key}S`, `${first.key}ES`, first.key.replace(/Y$/, 'IES')].includes(key);
}

/** Two collections of one name, say ORDERS twice, are one. */
function merged(collections: readonly TreeCollection[]): readonly TreeCollection[] {
  const byName = new Map<string, TreeCollection['records'][]>();
  for (const { name, records } of collections) grouped(byName, name).push(records);
  return [...byName]
    .map(([name, parts]) => ({ name, records: parts.flat() }))
    .filter(({ records }) => records.length > 0);
}

function grouped<Item>(groups: Map<string, Item[]>, name: string): Item[] {
  const group = groups.get(name) ?? [];
  groups.set(name, group);
  return group;
}

/**
 * The records as an export tells them. Where their nodes have different keys, say ADDRESS and PHONE below CONTACT,
 * the key is what tells them apart, so it stays: `{ address: {…} }`. Numbered keys (ORDER_1, ORDER_2) tell nothing.
 */
export function exportedRecords({ records }: TreeCollection): readonly DataRecord[] {
  const keys = new Set(records.map(({ key }) => key.replace(/[_-]?\d+$/, '')));
  return records.map(({ key, fields }) => (keys.size > 1 ? { [snakeCase(key)]: fields } : fields));
}

/** `SUBJECT` → `subject`, `orderTotal` and `ORDER-TOTAL` → `order_total`. */
export function snakeCase(key: string): string {
  const name = key
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1_$2')
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toLowerCase();
  return name || 'unnamed';
}
