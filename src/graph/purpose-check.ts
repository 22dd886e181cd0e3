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
import type { ReadQuestion } from '../audit/reads.js';
import { type ErrorCode, HabeasError } from '../errors.js';
import type { Caller, ServiceCaller } from '../gate/caller.js';
import { mayRead } from '../services/purposes.js';
import { covers } from '../services/taxonomy.js';
import type { GovernedFields } from './governed-fields.js';

/** Where in a question the walk stands, as far as it matters for what may be read. */
interface Place {
  /** The root field belongs to a service: whose data it leads to is not known beforehand. */
  readonly fromService: boolean;
  /** A service has led on to another account. */
  readonly beyondAccount: boolean;
  /** It lies below an account, so that it is known whose it is. */
  readonly belowAccount: boolean;
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
): ReadQuestion {
  const walk = new Walk(document, schema, governed, caller);
  const root = schema.getRootType(operation.operation);
  if (root) walk.selections(operation.selectionSet, root, null);
  if (walk.refused.size === 0 && walk.aside.size > 0) {
    walk.refused.set(caller.kind === 'SERVICE' ? 'PURPOSE_NOT_PERMITTED' : 'FORBIDDEN', walk.aside);
  }
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

class Walk {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly seen = new Set<string>();
  readonly refused = new Map<ErrorCode, Set<string>>();
  /** Fields that hold nothing personal, but tell of personal data that may never be read. Told where nothing else is. */
  readonly aside = new Set<string>();
  readonly fields = new Map<string, string>();
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
    const key = `${name}|${place?.fromService}|${place?.beyondAccount}|${place?.belowAccount}`;
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
    const fromService = !this.governed.coreRootFields.has(coordinate);
    const here = place ?? { fromService, beyondAccount: false, belowAccount: false };
    for (const service of this.governed.servicesOf.get(coordinate) ?? []) this.services.add(service);
    for (const each of this.concrete(parent)) this.judge(`${each.name}.${name}`, each, type, here);
    if (!set || !isCompositeType(type)) return;
    const isAccount = type.name === 'Account';
    const leadsOn = isAccount && place !== null && !this.governed.coreTypes.has(parent.name);
    this.selections(set, type, {
      ...here,
      beyondAccount: here.beyondAccount || leadsOn,
      belowAccount: here.belowAccount || isAccount,
    });
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
    if (personal) this.fields.set(coordinate, personal.category);
    if (!personal && !unclassified) {
      if (!open) this.judgeAside(coordinate, parent, type, place);
      return;
    }
    const code = this.verdict(personal?.purposes ?? [], place);
    if (!code) return;
    const fields = this.refused.get(code) ?? new Set();
    this.refused.set(code, fields.add(coordinate));
  }

  /** Of somebody else a person is told who it is, and nothing more: not even how many things there are. */
  private isAnothers(coordinate: string, { belowAccount, beyondAccount, fromService }: Place): boolean {
    if (this.governed.keys.has(coordinate)) return false;
    return beyondAccount || (fromService && belowAccount);
  }

  /** How many records there are, or that there are any, is told for a purpose that may read something of them. */
  private judgeAside(coordinate: string, parent: GraphQLNamedType, type: GraphQLNamedType, place: Place): void {
    if (this.caller.kind === 'SUBJECT' && this.isAnothers(coordinate, place)) this.aside.add(coordinate);
    if (this.caller.kind !== 'SERVICE') return;
    const { purposesBelow } = this.governed;
    const purposes = purposesBelow.get(type.name) ?? purposesBelow.get(parent.name);
    if (purposes && !this.mayEverRead(purposes, place)) this.aside.add(coordinate);
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
        return this.mayEverRead(purposes, place) ? null : 'PURPOSE_NOT_PERMITTED';
    }
  }

  /** Nothing for marketing goes outside, whatever was agreed; and what is nobody's known cannot be judged. */
  private mayEverRead(purposes: readonly string[], place: Place): boolean {
    if (this.caller.kind !== 'SERVICE' || this.caller.purpose === null) return false;
    const { affiliation, purpose } = this.caller;
    if (affiliation === 'EXTERNAL' && covers('marketing', purpose)) return false;
    if (place.fromService && !place.belowAccount) return false;
    return mayRead(purposes, purpose);
  }
}

function explain(code: ErrorCode, fields: readonly string[], caller: Caller): string {
  const listed = fields.join(', ');
  if (code === 'UNAUTHENTICATED') return 'Say who is calling: send "Authorization: Bearer <token>".';
  if (code === 'FORBIDDEN') return `These fields are yours to read below your own account only: ${listed}.`;
  return `${purposeOf(caller as ServiceCaller)} These fields cannot be read: ${listed}.`;
}

function purposeOf({ affiliation, purpose, purposes }: ServiceCaller): string {
  if (purpose && affiliation === 'EXTERNAL' && covers('marketing', purpose)) {
    return 'Nothing goes to an external client for marketing.';
  }
  if (purpose) {
    return `No declaration allows reading for the purpose ${purpose}, or it is not below an account, where it is known whose it is.`;
  }
  return `Name a registered purpose in the header "x-purpose": ${purposes.join(', ') || 'none is registered'}.`;
}
