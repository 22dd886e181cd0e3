import { getNamedType, isLeafType } from 'graphql';
import type { ServiceCaller } from '../../gate/caller.js';
import { isMarketing, mayRead } from '../../services/purposes.js';
import type { Registry } from '../../services/registry.js';
import type { Service } from '../../services/service.js';
import type { Composed } from '../plan/operation.js';
import type { ClosedField } from './told-fields.js';

/** A service client that has named what for. */
export interface AskingClient extends ServiceCaller {
  readonly purpose: string;
}

/** A field that is never read for the purpose, and what would have to change. */
export interface NeverRead {
  /** `Type.field`. */
  readonly field: string;
  /** Fideslang data category; null where it has none. */
  readonly category: string | null;
  readonly code: 'PURPOSE_NOT_PERMITTED' | 'FORBIDDEN';
  readonly reason: string;
  /** What the field may be read for: Fideslang data uses. */
  readonly purposes: readonly string[];
  /** Of the purposes the client is registered for, the nearest for which the field may be read; null: none of them. */
  readonly nearestPurpose: string | null;
  /** What to change, one sentence each, the least first. */
  readonly mends: readonly string[];
}

/** Why fields the check refused can never be read, each with its mends. */
export function neverRead(
  fields: readonly string[],
  composed: Composed,
  registry: Registry,
  caller: AskingClient,
): NeverRead[] {
  return fields.map((field) => {
    const { governed } = composed;
    const category = governed.fields.get(field)?.category ?? null;
    const purposes = isUnclassified(field, composed)
      ? null
      : (governed.fields.get(field)?.purposes ?? purposesBelow(field, composed));
    const services = (governed.servicesOf.get(field) ?? []).flatMap((name) => registry.find(name) ?? []);
    const told = { field, category, code: 'PURPOSE_NOT_PERMITTED' as const, purposes: purposes ?? [] };
    const { purpose } = caller;
    if (caller.affiliation === 'EXTERNAL' && isMarketing(purpose)) {
      const reason = 'nothing goes to an external client for marketing';
      return { ...told, nearestPurpose: null, reason, mends: ['Leave it out.'] };
    }
    if (purposes === null) {
      const mends = services.map(
        ({ name, file }) => `Give it a data category, in the manifest or SDL of ${name} (${file}).`,
      );
      return { ...told, nearestPurpose: null, reason: 'it has no data category', mends };
    }
    if (mayRead(purposes, purpose)) {
      const reason = 'it is not below an account, or another service needs it, so that it is not known whose it is';
      return { ...told, nearestPurpose: purpose, reason, mends: ['Ask for it below account(id:) or accounts(ids:).'] };
    }
    const nearestPurpose = nearestOf(purpose, caller, purposes);
    return {
      ...told,
      nearestPurpose,
      reason: `no declaration allows ${category ?? 'what is below'} for ${purpose}`,
      mends: [
        nearestPurpose
          ? `Ask for the purpose ${nearestPurpose}, if that is what it is for.`
          : `Have ${caller.name} registered for a purpose that may read it: ${purposes.join(', ') || 'there is none'}.`,
        ...services.flatMap((service) => declarationFor(service, purpose, category)),
      ],
    };
  });
}

/** Fields of Habeas' own part that are not for this client. */
export function closedToService(closed: readonly ClosedField[], composed: Composed): NeverRead[] {
  return closed.map(({ coordinate, message }) => ({
    field: coordinate,
    category: composed.governed.fields.get(coordinate)?.category ?? null,
    code: 'FORBIDDEN',
    reason: message.replace(/\.$/, ''),
    purposes: [],
    nearestPurpose: null,
    mends: ['Leave it out.'],
  }));
}

/** A value beside personal data that nobody has said anything of. */
function isUnclassified(coordinate: string, { governed, visible }: Composed): boolean {
  const [type = '', name = ''] = coordinate.split('.');
  const field = visible.field(type, name);
  return !governed.fields.has(coordinate) && governed.personalTypes.has(type) && isLeafType(getNamedType(field?.type));
}

/** What may be read of the things a field leads to, or stands in. */
function purposesBelow(coordinate: string, { governed, visible }: Composed): readonly string[] {
  const [type = '', field = ''] = coordinate.split('.');
  return governed.purposesBelow.get(visible.target(type, field) ?? '') ?? governed.purposesBelow.get(type) ?? [];
}

/** The one that shares most with the purpose asked for. */
function nearestOf(purpose: string, { purposes }: ServiceCaller, allowed: readonly string[]): string | null {
  const could = purposes.filter((each) => mayRead(allowed, each));
  const [nearest] = could.sort((one, other) => shared(other, purpose) - shared(one, purpose) || (one < other ? -1 : 1));
  return nearest ?? null;
}

function shared(one: string, other: string): number {
  const [parts, others] = [one.split('.'), other.split('.')];
  const differs = parts.findIndex((part, index) => part !== others[index]);
  return differs === -1 ? parts.length : differs;
}

/** What Habeas itself declares does not change. */
function declarationFor({ name, kind, file }: Service, purpose: string, category: string | null): string[] {
  if (kind === 'CORE' || category === null) return [];
  if (kind === 'SUBGRAPH') {
    return [
      `Or, if ${name} may use it so, add "${purpose}" to the purposes of its @personalData in the SDL of ${name}.`,
    ];
  }
  return [
    `Or, if ${name} may use it so, declare it in ${file}: privacy_declarations: { data_use: ${purpose}, data_categories: [${category}], … }.`,
  ];
}
