import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
} from 'graphql';
import { type ErrorCode, HabeasError } from '../errors.js';
import type { Caller, ServiceCaller } from '../gate/caller.js';
import { mayRead, restsOnConsent } from '../services/purposes.js';
import type { Service } from '../services/service.js';
import type { GovernedFields } from './governed-fields.js';

/** Where in a question the walk stands, as far as it matters for what may be read. */
interface Place {
  /** The root field belongs to a service: whose data it leads to is not known beforehand. */
  readonly fromService: boolean;
  /** A service has led on to another account. */
  readonly beyondAccount: boolean;
}

/** What a question asks for, as far as the record of reads needs it. */
export interface Asked {
  /** Coordinate of each field of personal data, to its Fideslang data category. */
  readonly fields: Readonly<Record<string, string>>;
  /** Services that answer some of it, sorted. */
  readonly services: readonly string[];
  /** Name of the operation; null where it has none. */
  readonly operation: string | null;
  /** SHA-256 of the document, in hexadecimal digits. */
  readonly document: string;
}

/**
 * Checks a question before anything is planned or fetched: a service reads a field only for a purpose its declarations
 * allow, a person reads personal data only below their own account; staff are ruled by role alone. Answers what is
 * asked for. Throws PURPOSE_NOT_PERMITTED or FORBIDDEN naming the fields.
 */
export function checkPurpose(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  governed: GovernedFields,
  caller: Caller,
  services: readonly Service[],
): Asked {
  const walk = new Walk(document, schema, governed, caller);
  const root = schema.getRootType(operation.operation);
  if (root) walk.selections(operation.selectionSet, root, null);
  if (walk.refused.size === 0 && walk.aside.size > 0) walk.refused.set('PURPOSE_NOT_PERMITTED', walk.aside);
  refuseWithoutConsent(walk, caller, services);
  for (const [code, fields] of walk.refused) {
    throw new HabeasError(code, explain(code, [...fields], caller), { fields: [...fields] });
  }
  return {
    fields: Object.fromEntries(walk.fields),
    services: [...walk.services].sort(),
    operation: operation.name?.value ?? null,
    document: createHash('sha256')
      .update(document.loc?.source.body ?? print(document))
      .digest('hex'),
  };
}

/** Consent cannot be recorded yet, so nobody has given it: what rests on it is not read. */
function refuseWithoutConsent(walk: Walk, caller: Caller, services: readonly Service[]): void {
  if (caller.kind !== 'SERVICE' || caller.purpose === null || walk.personal.size === 0) return;
  if (!restsOnConsent(services, caller.purpose)) return;
  throw new HabeasError(
    'PURPOSE_NOT_PERMITTED',
    `The purpose ${caller.purpose} rests on consent, which nobody has given: nothing personal is read for it.`,
    { fields: [...walk.personal].sort() },
  );
}

class Walk {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly seen = new Set<string>();
  readonly refused = new Map<ErrorCode, Set<string>>();
  /** Fields that hold nothing personal, but tell of personal data the purpose never allows. Told where nothing else is. */
  readonly aside = new Set<string>();
  readonly fields = new Map<string, string>();
  /** Fields of personal data, and those that tell of it. */
  readonly personal = new Set<string>();
  readonly services = new Set<string>();

  constructor(
    document: DocumentNode,
    private readonly schema: GraphQLSchema,
    private readonly governed: GovernedFields,
    private readonly caller: Caller,
  ) {
    const definitions = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    this.fragments = new Map(definitions.map((fragment) => [fragment.name.value, fragment]));
  }

  /** `place` is null at the root, where each field decides it. */
  selections(set: SelectionSetNode, parent: GraphQLNamedType, place: Place | null): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) this.field(selection.name.value, selection.selectionSet, parent, place);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.selections(selection.selectionSet, this.narrowed(selection.typeCondition?.name.value, parent), place);
      } else this.fragment(selection.name.value, parent, place);
    }
  }

  /** A fragment in the same place says the same: it is walked once, however often it is spread. */
  private fragment(name: string, parent: GraphQLNamedType, place: Place | null): void {
    const fragment = this.fragments.get(name);
    const key = `${name}|${place?.fromService}|${place?.beyondAccount}`;
    if (!fragment || this.seen.has(key)) return;
    this.seen.add(key);
    this.selections(fragment.selectionSet, this.narrowed(fragment.typeCondition.name.value, parent), place);
  }

  private narrowed(condition: string | undefined, parent: GraphQLNamedType): GraphQLNamedType {
    return (condition && this.schema.getType(condition)) || parent;
  }

  private field(name: string, set: SelectionSetNode | undefined, parent: GraphQLNamedType, place: Place | null): void {
    if (name.startsWith('__') || !(isObjectType(parent) || isInterfaceType(parent))) return;
    const definition = parent.getFields()[name];
    if (!definition) return;
    const type = getNamedType(definition.type);
    const coordinate = `${parent.name}.${name}`;
    const here = place ?? { fromService: !this.governed.coreRootFields.has(coordinate), beyondAccount: false };
    for (const service of this.governed.servicesOf.get(coordinate) ?? []) this.services.add(service);
    for (const each of this.concrete(parent)) this.judge(`${each.name}.${name}`, each, type, here);
    if (!set || !isCompositeType(type)) return;
    const leadsOn = type.name === 'Account' && place !== null && !this.governed.coreTypes.has(parent.name);
    this.selections(set, type, leadsOn ? { ...here, beyondAccount: true } : here);
  }

  /** What a field of an interface may be read for, the types behind it say: whichever it is, it must be allowed. */
  private concrete(parent: GraphQLObjectType | GraphQLInterfaceType): readonly GraphQLNamedType[] {
    return isInterfaceType(parent) ? [parent, ...this.schema.getPossibleTypes(parent)] : [parent];
  }

  private judge(coordinate: string, parent: GraphQLNamedType, type: GraphQLNamedType, place: Place): void {
    const personal = this.governed.fields.get(coordinate);
    const { personalTypes, coreTypes, keys } = this.governed;
    const open = this.governed.unclassified === 'allow';
    const unclassified =
      !personal &&
      !open &&
      isLeafType(type) &&
      personalTypes.has(parent.name) &&
      !coreTypes.has(parent.name) &&
      !keys.has(coordinate);
    if (personal) {
      this.fields.set(coordinate, personal.category);
      this.personal.add(coordinate);
    }
    if (!personal && !unclassified) {
      if (!open) this.judgeAside(coordinate, parent, type);
      return;
    }
    const code = this.verdict(personal?.purposes ?? [], place);
    if (!code) return;
    const fields = this.refused.get(code) ?? new Set();
    this.refused.set(code, fields.add(coordinate));
  }

  /** How many records there are, or that there are any, is told for a purpose that may read something of them. */
  private judgeAside(coordinate: string, parent: GraphQLNamedType, type: GraphQLNamedType): void {
    if (this.caller.kind !== 'SERVICE' || this.caller.affiliation === 'EXTERNAL') return;
    const { purposesBelow } = this.governed;
    const purposes = purposesBelow.get(type.name) ?? purposesBelow.get(parent.name);
    if (!purposes) return;
    this.personal.add(coordinate);
    if (this.caller.purpose && mayRead(purposes, this.caller.purpose)) return;
    this.aside.add(coordinate);
  }

  private verdict(purposes: readonly string[], place: Place): ErrorCode | null {
    switch (this.caller.kind) {
      case 'STAFF':
        return null;
      case 'ANONYMOUS':
        return 'UNAUTHENTICATED';
      case 'SUBJECT':
        return place.fromService || place.beyondAccount ? 'FORBIDDEN' : null;
      case 'SERVICE':
        if (this.caller.affiliation === 'EXTERNAL') return 'FORBIDDEN';
        return this.caller.purpose && mayRead(purposes, this.caller.purpose) ? null : 'PURPOSE_NOT_PERMITTED';
    }
  }
}

function explain(code: ErrorCode, fields: readonly string[], caller: Caller): string {
  const listed = fields.join(', ');
  if (code === 'UNAUTHENTICATED') return 'Say who is calling: send "Authorization: Bearer <token>".';
  if (code === 'FORBIDDEN') {
    return caller.kind === 'SUBJECT'
      ? `These fields are yours to read below your own account only: ${listed}.`
      : `An external client reads nothing about a person without their consent: ${listed}.`;
  }
  return `${purposeOf(caller as ServiceCaller)} These fields cannot be read: ${listed}.`;
}

function purposeOf({ purpose, purposes }: ServiceCaller): string {
  if (purpose) return `No declaration allows reading for the purpose ${purpose}.`;
  return `Name a registered purpose in the header "x-purpose": ${purposes.join(', ') || 'none is registered'}.`;
}
