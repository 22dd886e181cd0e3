import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import { type ErrorCode, HabeasError } from '../../errors.js';
import type { ServiceCaller } from '../../gate/caller.js';
import type { WithheldReason } from '../../gate/decide.js';
import { Judge } from '../../gate/judgement.js';
import type { AccountStatus, Standing } from '../../gate/standing.js';
import { readPurpose } from '../../services/purposes.js';
import type { Registry } from '../../services/registry.js';
import type { LawfulBasis } from '../../services/service.js';
import { covers } from '../../services/taxonomy.js';
import { checkAsked } from '../graph.js';
import { type Composed, PreparedOperation } from '../plan/operation.js';
import { type Calls, callsIn, type PlannedCall, plannedCalls } from './calls.js';
import { type AskingClient, closedToService, type NeverRead, neverRead } from './mends.js';
import { closedFields, type ToldField, toldFields } from './told-fields.js';
import { type Withholding, withholdingFor } from './withholding.js';

/** What becomes of a question when a service client asks it for a purpose. */
export interface Explanation {
  /** Name of the operation; null where it has none. */
  readonly operation: string | null;
  readonly client: { readonly name: string; readonly affiliation: string; readonly purposes: readonly string[] };
  readonly purpose: {
    readonly key: string;
    /** What the gate reads it for: the declared basis that leaves the person most say. */
    readonly lawfulBasis: LawfulBasis | null;
    readonly marketing: boolean;
  };
  /** Why the question is refused as a whole, before anything is asked; null: it is answered. */
  readonly refused: { readonly code: ErrorCode; readonly message: string } | null;
  /** What is asked of whom, in order. Empty where the question is refused. */
  readonly plan: readonly PlannedCall[];
  /** Calls to services in all, by the number of people asked about. */
  readonly calls: Calls;
  readonly fields: readonly ExplainedField[];
  /** What is never read for this purpose by this client. */
  readonly never: readonly NeverRead[];
  /** What would be withheld of one person today. */
  readonly account?: ExplainedAccount;
}

export interface ExplainedField {
  /** `Type.field`. */
  readonly field: string;
  /** Fideslang data category; null where the field is no personal data by itself. */
  readonly category: string | null;
  /** Who answers it. */
  readonly services: readonly string[];
  /** Whether a service outside the company holds it: then it takes consent, whatever the purpose rests on. */
  readonly isHeldOutside: boolean;
  readonly declarations: readonly Declaration[];
  /** What the gate may find when it looks at a person. Erasure always ends reading and is left out. */
  readonly mayBeWithheld: readonly WithheldReason[];
}

/** What allows reading a field for the purpose. */
export interface Declaration {
  readonly service: string;
  /** Fideslang data use that was declared: the purpose, or one above it. */
  readonly dataUse: string;
  readonly lawfulBasis: LawfulBasis | null;
  /** `manifest`: a privacy declaration. `SDL`: the purposes of its @personalData alone. */
  readonly by: 'manifest' | 'SDL';
}

export interface ExplainedAccount {
  readonly id: string;
  readonly status: AccountStatus;
  readonly withheld: readonly { readonly field: string; readonly reason: WithheldReason }[];
}

export interface ExplainOptions {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly composed: Composed;
  readonly registry: Registry;
  readonly caller: AskingClient;
  /** Of the person to look at, where there is one. */
  readonly standing: Standing | null;
}

/** Explains a valid question: what would be asked of whom, what of it is allowed by what, and what is never read. */
export function explainOperation(options: ExplainOptions): Explanation {
  const { document, operation, composed, registry, caller, standing } = options;
  const prepared = new PreparedOperation(document, operation, composed);
  const refusal = refusalOf(document, prepared, caller, composed);
  const told = toldFields(document, operation, composed);
  const closed = refusal ? [] : closedFields(document, operation, composed, caller);
  const read = readPurpose(registry.services, caller.purpose);
  const withholding = withholdingFor(read, caller.affiliation, composed.classes.all);
  const plan = refusal ? [] : plannedCalls(prepared.plan(true), composed, registry);
  const judgement = standing && new Judge(read, caller.affiliation, composed.classes.all).judge(standing);
  const withheld = told.flatMap(({ coordinate, classes, isOfPerson }) => {
    const reason = isOfPerson && classes.length > 0 ? judgement?.reason(classes) : null;
    return reason ? [{ field: coordinate, reason }] : [];
  });
  return {
    operation: operation.name?.value ?? null,
    client: { name: caller.name, affiliation: caller.affiliation, purposes: caller.purposes },
    purpose: { key: caller.purpose, lawfulBasis: read.basis, marketing: read.marketing },
    refused: refusal && { code: refusal.code, message: refusal.message },
    plan,
    calls: callsIn(plan),
    fields: told.map((field) => explainField(field, withholding, options)),
    never: [...neverRead(fieldsIn(refusal), composed, registry, caller), ...closedToService(closed, composed)],
    ...(standing ? { account: { id: standing.accountId, status: standing.status, withheld } } : {}),
  };
}

/** What becomes of a question that is none. */
export function explainInvalid(
  operation: OperationDefinitionNode,
  { name, affiliation, purposes, purpose }: AskingClient,
  errors: readonly HabeasError[],
): Explanation {
  const [first] = errors;
  return {
    operation: operation.name?.value ?? null,
    client: { name, affiliation, purposes },
    purpose: { key: purpose, lawfulBasis: null, marketing: false },
    refused: { code: first?.code ?? 'BAD_USER_INPUT', message: errors.map(({ message }) => message).join('\n') },
    plan: [],
    calls: callsIn([]),
    fields: [],
    never: [],
  };
}

function refusalOf(
  document: DocumentNode,
  prepared: PreparedOperation,
  caller: ServiceCaller,
  composed: Composed,
): HabeasError | null {
  try {
    checkAsked(document, prepared, caller, composed);
    return null;
  } catch (error) {
    if (error instanceof HabeasError) return error;
    throw error;
  }
}

function fieldsIn(refusal: HabeasError | null): readonly string[] {
  const fields: unknown = refusal?.extensions.fields;
  return Array.isArray(fields) ? fields.map(String) : [];
}

function explainField(
  { coordinate, classes, isOfPerson }: ToldField,
  withholding: Withholding,
  { composed, registry, caller }: ExplainOptions,
): ExplainedField {
  const { governed, classes: all } = composed;
  const personal = governed.fields.get(coordinate) ?? null;
  const services = governed.servicesOf.get(coordinate) ?? [];
  const { purpose } = caller;
  return {
    field: coordinate,
    category: personal?.category ?? null,
    services,
    isHeldOutside: classes.some((number) => all.all[number]?.fromExternalService ?? false),
    declarations: personal
      ? services.flatMap((name) => declarationsOf(registry, name, purpose, personal.category, personal.purposes))
      : [],
    mayBeWithheld: isOfPerson ? withholding(classes) : [],
  };
}

function declarationsOf(
  registry: Registry,
  name: string,
  purpose: string,
  category: string,
  purposes: readonly string[],
): Declaration[] {
  const uses = purposes.filter((use) => covers(use, purpose));
  const declared = (registry.find(name)?.declarations ?? []).filter(
    ({ dataUse, dataCategories }) =>
      covers(dataUse, purpose) &&
      dataCategories.some((each) => covers(each, category)) &&
      uses.some((use) => covers(dataUse, use)),
  );
  if (declared.length > 0) {
    return declared.map(({ dataUse, lawfulBasis }) => ({ service: name, dataUse, lawfulBasis, by: 'manifest' }));
  }
  return uses.map((dataUse) => ({ service: name, dataUse, lawfulBasis: null, by: 'SDL' }));
}
