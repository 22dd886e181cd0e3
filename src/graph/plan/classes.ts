import { isObjectType } from 'graphql';
import type { FieldClass } from '../../gate/decide.js';
import type { GovernedFields } from '../governed-fields.js';
import { ACCOUNT } from './accounts.js';
import type { Types } from './types.js';

/** What a field stands in, as far as its classes depend on it. */
export interface Around {
  /** One of these services answers it; empty: any that has such a field. */
  readonly services: readonly string[];
  /** Classes of the fields around it that have a category. */
  readonly above: readonly number[];
  /** Categories of the records of the page it is part of. */
  readonly ofRecords: readonly string[];
}

/** Where nothing around a field matters: below an account, or at the root. */
export const NOTHING_AROUND: Around = { services: [], above: [], ofRecords: [] };

/** Pages of records as the Relay specification of cursor connections names their types. */
const PAGE = /(?:Connection|Edge)$|^PageInfo$/;
const CONNECTION = /Connection$/;

/**
 * The kinds of field the gate tells apart, numbered. Everything a service says has some: its own category or else those
 * of what it stands in, those of what it is worked out from, and whether an external service holds it.
 */
export class FieldClasses {
  readonly all: FieldClass[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #ofRecords = new Map<string, readonly string[]>();

  constructor(
    private readonly governed: GovernedFields,
    private readonly externalServices: ReadonlySet<string>,
    private readonly types: Types,
  ) {}

  /** Of a value, or of the fact that something or somebody is there. All of them must be permitted. */
  of(type: string, field: string, around: Around): readonly number[] {
    const coordinate = `${type}.${field}`;
    const { fields, requires } = this.governed;
    const category = fields.get(coordinate)?.category ?? null;
    const hasOwn = category !== null || around.above.length === 0;
    const own = hasOwn ? [this.#number(type, field, category, around)] : [];
    const required = (requires.get(coordinate) ?? []).flatMap((each) => this.of(each.type, each.field, NOTHING_AROUND));
    return [...new Set([...own, ...around.above, ...required])];
  }

  /** Whether a field joins services and says nothing by itself, so that it goes with the thing it is of. */
  isOpenKey(coordinate: string): boolean {
    return this.governed.keys.has(coordinate) && !this.governed.fields.has(coordinate);
  }

  /** What the fields below this one stand in. */
  inside(type: string, field: string, target: string, around: Around): Around {
    const category = this.governed.fields.get(`${type}.${field}`)?.category ?? null;
    return {
      services: this.#servicesOf(type, field, around),
      above: category === null ? around.above : [...around.above, this.#number(type, field, category, around)],
      ofRecords: CONNECTION.test(target) ? this.#categoriesIn(target) : around.ofRecords,
    };
  }

  #number(type: string, field: string, category: string | null, around: Around): number {
    const fromExternalService = this.#servicesOf(type, field, around).some((name) => this.externalServices.has(name));
    const ofRecords = category === null && PAGE.test(type) ? around.ofRecords : [];
    const key = `${category}|${fromExternalService}|${ofRecords.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.all.push({ category, fromExternalService, ofRecords }) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  /** Several services may have a type: then it is the one that answers what the field stands in. */
  #servicesOf(type: string, field: string, around: Around): readonly string[] {
    const all = this.governed.servicesOf.get(`${type}.${field}`) ?? [];
    const narrowed = all.filter((name) => around.services.includes(name));
    return narrowed.length > 0 ? narrowed : all;
  }

  /** Categories of the records of a page, not of pages or accounts they lead to. Sorted. */
  #categoriesIn(connection: string): readonly string[] {
    const known = this.#ofRecords.get(connection);
    if (known) return known;
    const found = new Set<string>();
    const seen = new Set<string>();
    const look = (name: string) => {
      const type = this.types.schema.getType(name);
      if (seen.has(name) || name === ACCOUNT || (CONNECTION.test(name) && name !== connection)) return;
      seen.add(name);
      for (const member of this.types.membersOf(name)) if (member !== name) look(member);
      for (const field of isObjectType(type) ? Object.keys(type.getFields()) : []) {
        const category = this.governed.fields.get(`${name}.${field}`)?.category;
        if (category) found.add(category);
        look(this.types.target(name, field) ?? '');
      }
    };
    look(connection);
    const sorted = [...found].sort();
    this.#ofRecords.set(connection, sorted);
    return sorted;
  }
}
