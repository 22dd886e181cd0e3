import { needsSafeguard } from '../../services/manifest-country.js';
import type { TransferSafeguard } from '../../services/service.js';

const SAFEGUARDS: Readonly<Record<TransferSafeguard, string>> = {
  adequacy: 'UK adequacy regulations: the law there protects data as well as here (UK GDPR Article 45A)',
  IDTA: 'the International Data Transfer Agreement (UK GDPR Article 46)',
  SCC_UK_ADDENDUM: 'the EU standard contractual clauses with the UK Addendum (UK GDPR Article 46)',
  BCR: 'binding corporate rules (UK GDPR Article 47)',
  derogation: 'an exception for particular situations (UK GDPR Article 49)',
};

export interface DataLocation {
  readonly country: string;
  readonly countryName: string;
  readonly outsideUk: boolean;
  readonly outsideEea: boolean;
  /** What protects the data there; null where the data is in the United Kingdom and none is needed. */
  readonly safeguard: string | null;
}

/** Where data rests and what protects it there (UK GDPR Article 15(2)). */
export function locate(country: string, safeguard: TransferSafeguard | null): DataLocation {
  const outsideUk = country !== 'GB';
  const outsideEea = needsSafeguard(country);
  return {
    country,
    countryName: new Intl.DisplayNames('en-GB', { type: 'region' }).of(country) ?? country,
    outsideUk,
    outsideEea,
    // The UK's adequacy regulations cover every state of the EEA.
    safeguard: safeguard ? SAFEGUARDS[safeguard] : outsideUk && !outsideEea ? SAFEGUARDS.adequacy : null,
  };
}
