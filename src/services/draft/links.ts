/** A column whose values are those of a column of another table: by a foreign key, or by its name alone. */
export interface Link {
  readonly table: string;
  readonly column: string;
  readonly toTable: string;
  readonly toColumn: string;
  /** Whether no two rows have the same value in `column`. */
  readonly unique: boolean;
  /** Whether only the column's name says so. */
  readonly guessed: boolean;
}

/** What a walk takes from a link; null where it does not follow it, with the reason. */
export interface Turn {
  readonly link: Link;
  readonly direction: 'from' | 'to' | null;
  readonly reason: 'own' | 'shared' | 'nearer' | 'role' | 'itself' | 'not reached';
}

export interface Walk {
  readonly turns: readonly Turn[];
  readonly reached: ReadonlySet<string>;
}

/** Columns that tell who dealt with a row rather than whose it is. */
const ROLE =
  /(^|_)(approver|assignee|agent|handler|manager|operator|reviewer|supervisor|sales_rep)(_|$)|(^|_)(approved|assigned|changed|checked|created|deleted|edited|handled|managed|modified|reviewed|updated)_(by|to)(_|$)/;

/**
 * Which links a walk from persons to rows may take. Rows that hold a person's key are that person's, and so are rows
 * that hold theirs; rows a person's row refers to may be shared with others (a product, an organisation), so that
 * nothing is reached from them but what they refer to in turn. Of several ways to a table the shortest are taken: a
 * comment is its author's, not that of the person it is about. Who merely dealt with a row is followed where nothing
 * else leads to it.
 *
 * @param identified tables with a column that identifies persons
 */
export function planWalk(identified: ReadonlySet<string>, links: readonly Link[]): Walk {
  const usable = links.filter(({ table, toTable }) => table !== toTable);
  const strong = usable.filter(({ column }) => !ROLE.test(column));
  const own = distances(new Map([...identified].map((table) => [table, 0])), strong, () => true);
  const shared = sharedFrom(own, strong);
  const isUnreached = (table: string) => !own.has(table) && !shared.has(table);
  const all = distances(
    own,
    usable.filter((link) => !ROLE.test(link.column) || !own.has(link.table)),
    isUnreached,
  );
  const allShared = sharedFrom(all, strong);
  const followed = new Map<Link, Turn>();
  for (const link of usable) {
    const turn = turnOf(link, all, allShared, identified, own, followed);
    if (turn) followed.set(link, turn);
  }
  return {
    turns: links.map((link) => followed.get(link) ?? { link, direction: null, reason: whyNot(link, all) }),
    reached: new Set([...all.keys(), ...allShared.keys()]),
  };
}

/** Tables whose rows are a person's own, with how many links they are away from an identity. */
function distances(
  begin: ReadonlyMap<string, number>,
  links: readonly Link[],
  mayReach: (table: string) => boolean,
): Map<string, number> {
  const found = new Map(begin);
  for (let distance = Math.min(0, ...begin.values()); distance <= found.size; distance += 1) {
    for (const { table, toTable, unique } of links) {
      if (found.get(toTable) === distance && !found.has(table) && mayReach(table)) found.set(table, distance + 1);
      if (unique && found.get(table) === distance && !found.has(toTable) && mayReach(toTable)) {
        found.set(toTable, distance + 1);
      }
    }
  }
  return found;
}

/** Tables that rows of a person refer to, in the order in which they are come upon. */
function sharedFrom(own: ReadonlyMap<string, number>, links: readonly Link[]): Map<string, number> {
  const found = new Map<string, number>();
  const border = [...own.keys()];
  for (const table of border) {
    for (const link of links) {
      if (link.table !== table || own.has(link.toTable) || found.has(link.toTable)) continue;
      found.set(link.toTable, found.size);
      border.push(link.toTable);
    }
  }
  return found;
}

function turnOf(
  link: Link,
  own: ReadonlyMap<string, number>,
  shared: ReadonlyMap<string, number>,
  identified: ReadonlySet<string>,
  strong: ReadonlyMap<string, number>,
  followed: ReadonlyMap<Link, Turn>,
): Turn | null {
  const { table, toTable, column, unique } = link;
  const [here, there] = [own.get(table), own.get(toTable)];
  if (ROLE.test(column) && (here === undefined || strong.has(table))) return null;
  if (here !== undefined && there !== undefined) {
    if (here === there + 1) return { link, direction: 'from', reason: 'own' };
    if (unique && there === here + 1) return { link, direction: 'to', reason: 'own' };
    const bothIdentify = identified.has(table) && identified.has(toTable);
    return bothIdentify && !leads(table, toTable, followed) ? { link, direction: 'from', reason: 'own' } : null;
  }
  const toShared = shared.get(toTable);
  if (toShared === undefined) return null;
  const fromShared = shared.get(table);
  return here !== undefined || (fromShared !== undefined && fromShared < toShared)
    ? { link, direction: 'to', reason: 'shared' }
    : null;
}

/** Whether the turns taken so far lead from one table to another: back again would be a cycle. */
function leads(from: string, to: string, followed: ReadonlyMap<Link, Turn>): boolean {
  const seen = [from];
  for (const at of seen) {
    for (const { link, direction } of followed.values()) {
      const [begin, end] = direction === 'from' ? [link.toTable, link.table] : [link.table, link.toTable];
      if (begin === at && !seen.includes(end)) seen.push(end);
    }
  }
  return seen.includes(to);
}

function whyNot({ table, toTable, column }: Link, own: ReadonlyMap<string, number>): Turn['reason'] {
  if (table === toTable) return 'itself';
  if (!own.has(table)) return 'not reached';
  return ROLE.test(column) ? 'role' : 'nearer';
}
