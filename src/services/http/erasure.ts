import type { Erasing, RecordPage, Subject } from '../connector.js';
import type { ErasureItem, ErasureRefusal, ServiceErasurePlan } from '../erasing.js';
import type { OutgoingLimits } from '../outgoing.js';
import type { Service } from '../service.js';
import type { GdprApi } from './gdpr-api.js';

export interface GdprErasureOptions {
  readonly service: Service;
  readonly api: GdprApi;
  readonly limits: OutgoingLimits;
  /** The id the service erases by; undefined where it knows nobody of this account. */
  idOf(subject: Subject): string | undefined;
  records(subject: Subject, signal: AbortSignal): AsyncIterable<RecordPage>;
}

/**
 * Erases through the GDPR API: a dry run, and then the same in earnest. What stays is the service's to decide; the
 * manifest says of which collections it does. Records are counted by reading them, since the API tells no numbers.
 */
export function gdprErasure({ service, api, limits, idOf, records }: GdprErasureOptions): Erasing {
  const answer = (items: readonly ErasureItem[], refusals: readonly ErasureRefusal[] = []): ServiceErasurePlan => ({
    service: service.name,
    items,
    refusals,
  });
  const held = (subject: Subject, signal: AbortSignal) => heldItems(service, records(subject, signal));
  const asked = async (subject: Subject, heldBack: readonly string[], signal: AbortSignal) => {
    const id = idOf(subject);
    if (id === undefined) return answer([]);
    if (heldBack.length > 0) return answer([], [heldRefusal(service)]);
    const refusals = await api.erase(id, { dryRun: true }, limits, signal);
    return answer(refusals.length > 0 ? [] : await held(subject, signal), refusals);
  };
  return {
    plan: (subject, { heldBack }, signal) => asked(subject, heldBack, signal),
    async erase(subject, { key, scope }, signal) {
      const planned = await asked(subject, scope.heldBack, signal);
      const id = idOf(subject);
      if (id === undefined || planned.refusals.length > 0) return planned;
      const refusals = await api.erase(id, { dryRun: false, key }, limits, signal);
      return refusals.length > 0
        ? answer([], refusals)
        : answer(planned.items.filter(({ action }) => action !== 'KEEP'));
    },
    remaining: async (subject, _scope, signal) =>
      answer(idOf(subject) === undefined ? [] : await held(subject, signal)),
  };
}

/** For a service without a way to erase: whoever is held there is refused, with the mend; others have nothing to erase. */
export function noErasure(service: Service, records: GdprErasureOptions['records'], mend: string): Erasing {
  const refusal: ErasureRefusal = { code: 'ERASURE_NOT_SUPPORTED', message: { en: mend } };
  const remaining = async (subject: Subject, signal: AbortSignal): Promise<ServiceErasurePlan> => ({
    service: service.name,
    items: await heldItems(service, records(subject, signal)),
    refusals: [],
  });
  const refuse = async (subject: Subject, signal: AbortSignal): Promise<ServiceErasurePlan> => {
    const { items } = await remaining(subject, signal);
    return { service: service.name, items: [], refusals: items.length > 0 ? [refusal] : [] };
  };
  return {
    plan: (subject, _scope, signal) => refuse(subject, signal),
    erase: (subject, _step, signal) => refuse(subject, signal),
    remaining: (subject, _scope, signal) => remaining(subject, signal),
  };
}

async function heldItems(service: Service, pages: AsyncIterable<RecordPage>): Promise<ErasureItem[]> {
  const counts = new Map<string, number>();
  for await (const { collection, records } of pages) {
    counts.set(collection, (counts.get(collection) ?? 0) + records.length);
  }
  return [...counts].map(([collection, count]) => itemOf(service, collection, count));
}

function itemOf({ erasure }: Service, collection: string, records: number): ErasureItem {
  const rule = erasure.get(collection);
  return {
    collection,
    action: rule?.action ?? 'DELETE',
    records,
    reason: rule?.reason ?? null,
    legalGround: rule?.legalGround ?? null,
    keepUntil: null,
  };
}

/** The API knows the whole person alone: a part cannot be left out. */
const heldRefusal = ({ title }: Service): ErasureRefusal => ({
  code: 'LEGAL_HOLD',
  message: { en: `${title} erases all or nothing, and a part of it is under a legal hold.` },
});
