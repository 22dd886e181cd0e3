import type { FieldClass, ReadPurpose, WithheldReason } from '../../gate/decide.js';
import { Judge } from '../../gate/judgement.js';
import type { ConsentState, Standing } from '../../gate/standing.js';
import type { Affiliation } from '../../services/service.js';

/** Why the gate may withhold a field from this recipient, depending on where a person stands; erasure left out. */
export type Withholding = (classes: readonly number[]) => readonly WithheldReason[];

/**
 * Finds out by asking the gate about people who stand in all the ways that make a difference. What a person agreed to
 * who has said yes to everything and objected to nothing is withheld from nobody: what is withheld even from that is
 * never read at all.
 */
export function withholdingFor(
  purpose: ReadPurpose,
  recipient: Affiliation,
  classes: readonly FieldClass[],
): Withholding {
  const judge = new Judge(purpose, recipient, classes);
  const judgements = standingsFor(purpose.key).map((standing) => judge.judge(standing));
  return (of) => {
    const reasons = judgements.flatMap((judgement) => (of.length > 0 ? (judgement.reason(of) ?? []) : []));
    return [...new Set(reasons)];
  };
}

function standingsFor(purpose: string): Standing[] {
  const consent = (status: ConsentState['status'], categories: readonly string[] | null = null): ConsentState => ({
    purpose,
    status,
    since: 0,
    categories,
  });
  const given = consent('GIVEN');
  const person: Standing = { accountId: '', status: 'ACTIVE', epoch: '', consents: [given], objections: [] };
  return [
    { ...person, consents: [] },
    { ...person, consents: [consent('WITHDRAWN')] },
    { ...person, consents: [consent('EXPIRED')] },
    { ...person, consents: [consent('NEEDS_RENEWAL')] },
    { ...person, consents: [consent('GIVEN', [])] },
    { ...person, objections: [purpose] },
    { ...person, status: 'RESTRICTED' },
  ];
}
