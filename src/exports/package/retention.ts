import { Duration } from 'luxon';
import type { PrivacyDeclaration, RetentionRule } from '../../services/service.js';
import { humanise } from './titles.js';

/** A period as a person reads it: "P6Y" → "6 years"; free text stays as it is. */
export function readablePeriod(declared: string): string {
  const duration = Duration.fromISO(declared, { locale: 'en-GB' });
  return duration.isValid ? duration.toHuman({ listStyle: 'long' }) : declared;
}

/** Article 15(1)(d): the period, or else the criterion. */
export const declaredRetention = ({ retentionPeriod }: PrivacyDeclaration): string =>
  retentionPeriod === null
    ? 'As long as this purpose needs it; no fixed period is set'
    : readablePeriod(retentionPeriod);

export const collectionRetention = (collection: string, rule: RetentionRule) => ({
  collection,
  title: humanise(collection),
  period: `${readablePeriod(rule.for)} after “${humanise(rule.from)}”`,
});
