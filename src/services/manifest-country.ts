import { GraphQLCountryCode } from 'graphql-scalars';
import type { TransferSafeguard } from './service.js';

/** What allows data to rest outside the UK and the EEA, as it is written in manifests and registrations. */
export const SAFEGUARDS = [
  'adequacy',
  'IDTA',
  'SCC_UK_ADDENDUM',
  'BCR',
  'derogation',
] as const satisfies readonly TransferSafeguard[];

/** Member states of the EU, with Iceland, Liechtenstein and Norway. */
const EEA = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' '),
);

/** Whether data resting there needs a safeguard (UK GDPR Articles 44 to 49): it is neither the UK nor the EEA. */
export function needsSafeguard(country: string): boolean {
  return country !== 'GB' && !EEA.has(country);
}

/** Whether it is a country code of ISO 3166-1 alpha-2, in capitals. */
export function isCountry(code: string): boolean {
  if (code !== code.toUpperCase()) return false;
  try {
    GraphQLCountryCode.parseValue(code);
    return true;
  } catch {
    return false;
  }
}
