import { badInput } from '../errors.js';
import { isCountry, needsSafeguard, SAFEGUARDS } from '../services/manifest-country.js';
import { isMarketing, isProfiling } from '../services/purposes.js';
import type { Affiliation, TransferSafeguard } from '../services/service.js';
import type { Taxonomy } from '../services/taxonomy.js';

/** Who a client is to be, as it was asked for. */
export interface Registration {
  readonly name: string;
  readonly affiliation: Affiliation;
  /** Where it takes data to: ISO 3166-1 alpha-2 code. */
  readonly country: string;
  readonly transferSafeguard: string | null;
  /** Fideslang data-use keys it may name. */
  readonly purposes: readonly string[];
}

/** A registration that may stand: each purpose once, sorted. */
export interface CheckedRegistration extends Registration {
  readonly transferSafeguard: TransferSafeguard | null;
}

/** Refuses, with the argument and the mend, what no client may be. Throws BAD_USER_INPUT. */
export function checkRegistration(registration: Registration, taxonomy: Taxonomy): CheckedRegistration {
  checkName(registration.name);
  const transferSafeguard = checkTransfer(registration);
  for (const [index, purpose] of registration.purposes.entries()) {
    checkPurpose(`purposes[${index}]`, purpose, registration.affiliation, taxonomy);
  }
  return { ...registration, transferSafeguard, purposes: [...new Set(registration.purposes)].sort() };
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export function checkName(name: string): void {
  if (!NAME.test(name))
    throw badInput('name', 'is written in lower-case letters, digits and hyphens, at most 63 of them.');
}

/** A transfer out of the UK and the EEA needs something that allows it (UK GDPR Articles 44 to 49). */
function checkTransfer({ country, transferSafeguard }: Registration): TransferSafeguard | null {
  if (!isCountry(country)) {
    const guess = country === 'UK' ? ' Did you mean GB?' : '';
    throw badInput('country', `is no ISO 3166-1 alpha-2 code, such as GB.${guess}`);
  }
  const safeguard = SAFEGUARDS.find((each) => each === transferSafeguard) ?? null;
  if (transferSafeguard !== null && !safeguard) throw badInput('transferSafeguard', `is one of ${LISTED}.`);
  if (!safeguard && needsSafeguard(country)) {
    throw badInput('transferSafeguard', `is needed for ${country}, outside the UK and the EEA: one of ${LISTED}.`);
  }
  return safeguard;
}

const LISTED = SAFEGUARDS.join(', ');

function checkPurpose(argument: string, purpose: string, affiliation: Affiliation, taxonomy: Taxonomy): void {
  if (!taxonomy.use(purpose)) {
    const nearest = taxonomy.nearest('data_use', purpose);
    throw badInput(argument, `is not a Fideslang data use.${nearest ? ` Did you mean ${nearest}?` : ''}`);
  }
  if (affiliation === 'EXTERNAL' && isMarketing(purpose)) {
    throw badInput(argument, `${purpose} is marketing: personal data is never shared for it outside the company.`);
  }
  if (isProfiling(purpose)) {
    throw badInput(
      argument,
      `${purpose} is profiling: the register of automated decisions and profiling is empty, so nobody does any.`,
    );
  }
}
