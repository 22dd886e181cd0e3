import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type DocumentNode,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import type { Caller } from '../../../src/gate/caller.js';
import { SERVICES } from './declarations.js';
import { accountOf, type Consent, type Person, type Raw, rootOf, type Stores } from './stores.js';

/**
 * What a caller should be told, worked out in the plainest way there is: everything is read from the stores, and each
 * value is held against what its person said. Of Habeas it uses nothing but the words for callers.
 */
export class Oracle {
  readonly schema: GraphQLSchema = buildSchema(readFileSync(new URL('oracle.graphql', import.meta.url), 'utf8'));

  answer(stores: Stores, caller: Caller, document: DocumentNode, variables: Record<string, unknown>): Told {
    const run: Run = { stores, caller, withheld: new Map(), told: new Set() };
    const { data, errors = [] } = execute({
      schema: this.schema,
      document,
      variableValues: variables,
      contextValue: run,
      fieldResolver: this.#resolve,
      typeResolver: (value) => (value as At).value.__typename as string,
    }) as { data: unknown; errors?: readonly GraphQLError[] };
    const codes = errors.flatMap(({ path, extensions: { code } }) => (code ? [`${path?.join('.')} ${code}`] : []));
    const withheld = [...run.withheld]
      .map(([key, people]) => `${key}: ${[...people].sort().join()}`)
      .sort((one, other) => (one < other ? -1 : 1));
    return { data: data ?? null, errors: codes.sort(), withheld, people: [...run.told].sort() };
  }

  /** Why nothing of this is answered at all; null: it is. */
  refusal(caller: Caller, document: DocumentNode): Refusal | null {
    const found = new Refusing(this.schema, document, caller, (type, name) => this.mayEverRead(caller, type, name));
    return found.verdict;
  }

  /** Whether a declaration lets the caller's purpose read this field of somebody. */
  mayEverRead(caller: Caller, type: string, name: string): boolean {
    const { category, uses, in: service = '' } = isOf(this.schema, type, name);
    if (caller.kind !== 'SERVICE') return true;
    const use = caller.purpose;
    if (use === null || (caller.affiliation === 'EXTERNAL' && over('marketing', use))) return false;
    if (uses) return uses.some((declared) => over(declared, use));
    return declarationsOf(service).some(
      ([declared, , categories]) => over(declared, use) && categories.some((each) => over(each, category ?? '')),
    );
  }

  /** Everything that is told of somebody below a selection: values, and that something or somebody is there. */
  dataBelow(type: string, nodes: readonly FieldNode[], document: Collecting, place: Place): readonly Datum[] {
    const named = this.schema.getType(type);
    const members = isAbstractType(named) ? this.schema.getPossibleTypes(named) : isObjectType(named) ? [named] : [];
    return members.flatMap((member) =>
      [...collectSubfields(this.schema, document.fragments, document.variableValues, member, nodes).values()].flatMap(
        (fields) => this.dataOf(member, fields, document, place),
      ),
    );
  }

  /** The fields that lead on to another account, from below this one. */
  linksBelow(type: string, nodes: readonly FieldNode[], document: Collecting): (readonly FieldNode[])[] {
    const named = this.schema.getType(type);
    const members = isAbstractType(named) ? this.schema.getPossibleTypes(named) : isObjectType(named) ? [named] : [];
    return members.flatMap((member) =>
      [...collectSubfields(this.schema, document.fragments, document.variableValues, member, nodes).values()].flatMap(
        (fields) => {
          const target = getNamedType(member.getFields()[fields[0]?.name.value ?? '']?.type as GraphQLOutputType);
          if (!isCompositeType(target)) return [];
          return target.name === 'Account' ? [fields] : this.linksBelow(target.name, fields, document);
        },
      ),
    );
  }

  /** Whether a caller may get something at or below a field, as far as it can be known beforehand. */
  likes(caller: Caller, type: string, name: string): boolean {
    const parent = this.schema.getType(type);
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    const target = getNamedType(field?.type as GraphQLOutputType);
    if (!isCompositeType(target)) {
      const concrete = isAbstractType(parent) ? this.schema.getPossibleTypes(parent).map((each) => each.name) : [type];
      return concrete.every((each) =>
        isOf(this.schema, each, name).category === undefined ? name !== 'rank' : this.mayEverRead(caller, each, name),
      );
    }
    if (isOf(this.schema, type, name).category && !this.mayEverRead(caller, type, name)) return false;
    if (target.name === 'Account') return caller.kind !== 'SUBJECT';
    if (caller.kind !== 'SERVICE') return true;
    const members = isAbstractType(target) ? this.schema.getPossibleTypes(target) : [target];
    return members.some((member) =>
      Object.values(member.getFields()).some(({ name: below, type: leadsTo }) => {
        const { category } = isOf(this.schema, member.name, below);
        if (getNamedType(leadsTo).name === 'Account') return false;
        if (isCompositeType(getNamedType(leadsTo))) return this.likes(caller, member.name, below);
        return category ? this.mayEverRead(caller, member.name, below) : name === 'diary' || name === 'service';
      }),
    );
  }

  dataOf(parent: GraphQLObjectType, nodes: readonly FieldNode[], document: Collecting, place: Place): readonly Datum[] {
    const name = nodes[0]?.name.value ?? '';
    const field = parent.getFields()[name];
    if (!field || KEYS.has(`${parent.name}.${name}`)) return [];
    const type = getNamedType(field.type);
    const path = [...place.path, name];
    const itself = { field: `${parent.name}.${name}`, needs: this.needs(parent.name, name, place), path };
    if (!isCompositeType(type) || type.name === 'Account') return [itself];
    const below = this.dataBelow(type.name, nodes, document, this.#inside(parent.name, name, place));
    return below.length > 0 ? below : [itself];
  }

  /** What has to be permitted for a field to be told. */
  needs(type: string, name: string, place: Place): readonly Need[] {
    const { category, in: service = place.service } = isOf(this.schema, type, name);
    const external = SERVICES[service]?.affiliation === 'external';
    const around = /(Connection|Edge|PageInfo)$/.test(type) ? place.records : [];
    const own = category ? [{ any: [category], external }] : place.above.length > 0 ? [] : [{ any: around, external }];
    const required = `${type}.${name}` === 'Match.analysis' ? this.needs('Match', 'score', place) : [];
    return [...own, ...place.above, ...required];
  }

  #inside(type: string, name: string, place: Place): Place {
    const { category, in: service = place.service } = isOf(this.schema, type, name);
    const target = getNamedType(
      (this.schema.getType(type) as GraphQLObjectType).getFields()[name]?.type as GraphQLOutputType,
    );
    const external = SERVICES[service]?.affiliation === 'external';
    const above = category ? [...place.above, { any: [category], external }] : place.above;
    const records = target.name.endsWith('Connection') ? this.#categoriesBelow(target.name) : place.records;
    return { ...place, above, service, records, path: [...place.path, name] };
  }

  #categoriesBelow(type: string): string[] {
    return Object.values((this.schema.getType(type) as GraphQLObjectType).getFields()).flatMap((field) => {
      const target = getNamedType(field.type);
      const { category } = isOf(this.schema, type, field.name);
      return [...(category ? [category] : []), ...(isObjectType(target) ? this.#categoriesBelow(target.name) : [])];
    });
  }

  #resolve: GraphQLFieldResolver<At, Run> = (source, args, run, info) => {
    const name = info.fieldName;
    const type = getNamedType(info.returnType);
    if (info.parentType.name === 'Query') {
      const found = rootOf(run.stores, run.caller, name, args);
      if (found instanceof GraphQLError) throw found;
      return this.#wrap(found, type.name, NOWHERE, run, info);
    }
    const { value, place } = source;
    const data = this.dataOf(info.parentType, info.fieldNodes, info, place);
    const isWithheld = data.length > 0 && data.every((datum) => whyNot(run, place.person, datum));
    if (isWithheld) return nothing(info.returnType, type.name, this.#inside(info.parentType.name, name, place));
    const raw = value[name];
    const inside = isCompositeType(type) ? this.#inside(info.parentType.name, name, place) : place;
    return this.#wrap(typeof raw === 'function' ? raw(args) : raw, type.name, inside, run, info);
  };

  #wrap(
    value: unknown,
    type: string,
    place: Place,
    run: Run,
    info: Collecting & { readonly fieldNodes: readonly FieldNode[] },
  ): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#wrap(item, type, place, run, info));
    if (typeof value !== 'object' || value === null) return value;
    if (type !== 'Account') return { value, place };
    const person = run.stores.people.get((value as Raw).id as string);
    const own: Place = { ...NOWHERE, person: person ?? null };
    const data = this.dataBelow('Account', info.fieldNodes, info, own);
    if (data.length > 0 && person) run.told.add(person.id);
    for (const datum of data) {
      const reason = whyNot(run, own.person, datum);
      const key = `${datum.field} ${reason}`;
      if (reason && person) run.withheld.set(key, (run.withheld.get(key) ?? new Set()).add(person.id));
    }
    return { value: accountOf(run.stores, (value as Raw).id as string), place: own };
  }
}

/** What a caller is told. Errors as `path CODE`, what is withheld as `Type.field REASON: ids`, both sorted. */
export interface Told {
  readonly data: unknown;
  readonly errors: readonly string[];
  readonly withheld: readonly string[];
  readonly people: readonly string[];
}

export interface Refusal {
  readonly code: string;
  readonly fields: readonly string[];
}

/** Something that is told of a person: what has to be permitted for it, and where it stands below them. */
export interface Datum {
  readonly field: string;
  readonly needs: readonly Need[];
  readonly path: readonly string[];
}

/** A data category, or one of several, held by a service that belongs to the company or does not. */
interface Need {
  readonly any: readonly string[];
  readonly external: boolean;
}

/** Where a value stands. */
export interface Place {
  readonly person: Person | null;
  /** Categories of what it stands in. */
  readonly above: readonly Need[];
  /** Categories of the records a page around it is of. */
  readonly records: readonly string[];
  readonly service: string;
  readonly path: readonly string[];
}

export const NOWHERE: Place = { person: null, above: [], records: [], service: 'habeas', path: [] };

interface At {
  readonly value: Raw;
  readonly place: Place;
}

interface Run {
  readonly stores: Stores;
  readonly caller: Caller;
  readonly withheld: Map<string, Set<string>>;
  readonly told: Set<string>;
}

interface Collecting {
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly variableValues: Record<string, unknown>;
}

/** They join services, and say nothing by themselves. */
const KEYS = new Set(['Account.id', 'Match.id']);

/** What stands in the place of what is withheld. */
function nothing(type: GraphQLOutputType, name: string, place: Place): unknown {
  if (!isNonNullType(type)) return null;
  return isListType(type.ofType) ? [] : isCompositeType(type.ofType) ? { value: { __typename: name }, place } : null;
}

export const over = (wide: string, narrow: string): boolean => narrow === wide || narrow.startsWith(`${wide}.`);

/** The first reason against telling a datum of this person to this caller; null: there is none. */
export function whyNot({ caller }: { caller: Caller }, person: Person | null, { needs }: Datum): string | null {
  if (caller.kind !== 'SERVICE' || !person) return null;
  for (const need of needs) {
    const reason = reasonAgainst(caller.purpose ?? '', caller.affiliation === 'EXTERNAL', person, need);
    if (reason) return reason;
  }
  return null;
}

function reasonAgainst(use: string, outside: boolean, person: Person, { any, external }: Need): string | null {
  const basis = basisOf(use);
  const isMarketing = over('marketing', use);
  if (person.status === 'ERASED' || person.status === 'ERASING') return 'ERASED';
  if (outside && isMarketing) return 'EXTERNAL_RECIPIENT';
  const goesOn = ['Consent', 'Legal obligations', 'Vital interests'].includes(basis);
  if (person.status === 'RESTRICTED' && !goesOn) return 'RESTRICTED';
  const heeds = isMarketing || basis === 'Legitimate interests' || basis === 'Public interest';
  if (heeds && person.objections.some((objection) => over(objection, use))) return 'OBJECTED';
  if (basis !== 'Consent' && !outside && !external) return null;
  const bearing = person.consents.filter(({ purpose }) => over(purpose, use));
  const ends = bearing.filter(({ status }) => status === 'WITHDRAWN' || status === 'EXPIRED');
  const alive = bearing.filter((one) => !ends.includes(one) && !ends.some((end) => stops(end, one)));
  const given = alive.filter(({ status }) => status === 'GIVEN');
  if (given.length === 0 && alive.length > 0) return 'CONSENT_NEEDS_RENEWAL';
  if (given.length === 0 && ends.length > 0) {
    const last = Math.max(...ends.map(({ since }) => since));
    const own = ends.some(({ since, status }) => since === last && status === 'WITHDRAWN');
    return own ? 'CONSENT_WITHDRAWN' : 'CONSENT_EXPIRED';
  }
  if (given.length === 0) return basis === 'Consent' || external ? 'NO_CONSENT' : 'EXTERNAL_RECIPIENT';
  const agreed = given.flatMap(({ categories }) => categories);
  return outside && !agreed.some((named) => any.some((each) => over(named, each))) ? 'EXTERNAL_RECIPIENT' : null;
}

const stops = (end: Consent, given: Consent) => over(given.purpose, end.purpose) || end.since >= given.since;

const MOST_SAY = ['Consent', 'Legitimate interests', 'Public interest', 'Contract', 'Legal obligations'];

/** Of all that is declared for the use, what leaves people most say. */
function basisOf(use: string): string {
  const declared = [...Object.keys(SERVICES), 'habeas'].flatMap(declarationsOf).filter(([wide]) => over(wide, use));
  if (declared.length === 0) return 'Consent';
  return MOST_SAY.find((basis) => declared.some(([, each]) => each === basis)) ?? 'Vital interests';
}

function declarationsOf(service: string): readonly (readonly [string, string, readonly string[]])[] {
  if (service !== 'habeas') return SERVICES[service]?.declarations ?? [];
  const all = ['user.account', 'user.name', 'user.contact', 'user.unique_id', 'user.job_title'];
  return [
    ['essential.service', 'Contract', all],
    ['essential.legal_obligation', 'Legal obligations', ['user.account', 'user.unique_id']],
  ];
}

interface Is {
  readonly in?: string;
  readonly category?: string;
  readonly uses?: readonly string[];
}

const known = new Map<string, Is>();

function isOf(schema: GraphQLSchema, type: string, name: string): Is {
  const is = known.get(`${type}.${name}`) ?? readIs(schema, type, name);
  known.set(`${type}.${name}`, is);
  return is;
}

function readIs(schema: GraphQLSchema, type: string, name: string): Is {
  const [directive, parent] = [schema.getDirective('is'), schema.getType(type)];
  const node = directive && isObjectType(parent) ? parent.getFields()[name]?.astNode : undefined;
  return directive && node ? ((getDirectiveValues(directive, node) as Is | undefined) ?? {}) : {};
}

/** Looks through everything a question names, `@skip` and `@include` or not. */
class Refusing {
  readonly #refused = new Set<string>();
  readonly #aside = new Set<string>();
  readonly #required = new Set<string>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly document: DocumentNode,
    private readonly caller: Caller,
    private readonly mayEver: (type: string, name: string) => boolean,
  ) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) this.#walk(definition.selectionSet, 'Query', null);
    }
  }

  get verdict(): Refusal | null {
    const codes = { SUBJECT: 'FORBIDDEN', SERVICE: 'PURPOSE_NOT_PERMITTED', ANONYMOUS: 'UNAUTHENTICATED' };
    if (this.caller.kind === 'STAFF') return null;
    const found = [this.#refused, this.#aside, this.#required].find(({ size }) => size > 0);
    return found ? { code: codes[this.caller.kind], fields: [...found].sort() } : null;
  }

  /** `beyond`: whether a service has led here, past the caller's own account. Null at the root. */
  #walk(set: SelectionSetNode, type: string, beyond: boolean | null): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.#walk(selection.selectionSet, selection.typeCondition?.name.value ?? type, beyond);
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = this.document.definitions.find(
          (each): each is FragmentDefinitionNode =>
            each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
        );
        if (fragment) this.#walk(fragment.selectionSet, fragment.typeCondition.name.value, beyond);
      } else this.#field(selection, type, beyond);
    }
  }

  #field(node: FieldNode, type: string, beyond: boolean | null): void {
    const name = node.name.value;
    const parent = this.schema.getType(type);
    if (!parent || !('getFields' in parent) || name === '__typename') return;
    const target = getNamedType((parent as GraphQLObjectType).getFields()[name]?.type as GraphQLOutputType);
    const isRoot = beyond === null;
    const fromService = isRoot && (name === 'clubs' || name === 'president');
    if (!isRoot) {
      const members = isAbstractType(parent) ? this.schema.getPossibleTypes(parent).map((each) => each.name) : [];
      for (const each of [type, ...members]) this.#judge(each, name, target.name, beyond);
    }
    const leads = !isRoot && target.name === 'Account';
    if (node.selectionSet) this.#walk(node.selectionSet, target.name, (beyond ?? fromService) || leads);
  }

  #judge(type: string, name: string, target: string, beyond: boolean): void {
    const field = `${type}.${name}`;
    const { category, in: service } = isOf(this.schema, type, name);
    const personal = category !== undefined || field === 'Club.rank';
    switch (this.caller.kind) {
      case 'STAFF':
        return;
      case 'ANONYMOUS':
        if (personal) this.#refused.add(field);
        return;
      case 'SUBJECT':
        if (beyond && !KEYS.has(field) && type !== 'ClubInfo') (personal ? this.#refused : this.#aside).add(field);
        return;
      case 'SERVICE': {
        if (personal && (category === undefined || !this.mayEver(type, name))) this.#refused.add(field);
        if (field === 'Match.analysis' && !this.mayEver('Match', 'score')) this.#required.add('Match.score');
        const readable = this.#below(target) ?? this.#below(type);
        if (!personal && service !== 'habeas' && readable && !readable.some(([t, n]) => this.mayEver(t, n))) {
          this.#aside.add(field);
        }
      }
    }
  }

  /** The classified fields of a type and of those it leads to, but not past an account; null where there are none. */
  #below(name: string, seen: Set<string> = new Set()): [string, string][] | null {
    const type = this.schema.getType(name);
    const isPassedOver = ['Account', 'Profile', 'Identifier', 'ServiceLink', 'Service', 'PageInfo'].includes(name);
    if (isPassedOver || seen.has(name) || !isCompositeType(type)) return null;
    seen.add(name);
    const members = isAbstractType(type) ? this.schema.getPossibleTypes(type) : [type as GraphQLObjectType];
    const found = members.flatMap((member) =>
      Object.values(member.getFields()).flatMap((field): [string, string][] => [
        ...(isOf(this.schema, member.name, field.name).category ? [[member.name, field.name] as [string, string]] : []),
        ...(this.#below(getNamedType(field.type).name, seen) ?? []),
      ]),
    );
    return found.length > 0 ? found : null;
  }
}

/** What the root of an operation asks, for those who look below it. */
export function rootFields(
  schema: GraphQLSchema,
  { selectionSet }: OperationDefinitionNode,
  document: Collecting,
): readonly (readonly FieldNode[])[] {
  const query = schema.getQueryType() as GraphQLObjectType;
  return [...collectFields(schema, document.fragments, document.variableValues, query, selectionSet).values()];
}
