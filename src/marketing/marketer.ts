import { forbidden, HabeasError } from '../errors.js';
import type { Caller } from '../gate/caller.js';
import { covers } from '../services/taxonomy.js';
import { CHANNELS, type MarketingChannel } from './channels.js';

/**
 * Refuses a service that does not market by this channel: whom marketing may reach is told for that purpose only, and
 * never to anybody outside the company, whatever they are registered for.
 */
export function requireMarketer(caller: Caller, channel: MarketingChannel): void {
  if (caller.kind !== 'SERVICE') return;
  if (caller.affiliation === 'EXTERNAL') throw forbidden('Nothing goes to an external client for marketing.');
  const { purpose } = CHANNELS[channel];
  if (caller.purpose !== null && covers('marketing', caller.purpose) && covers(caller.purpose, purpose)) return;
  throw new HabeasError(
    'PURPOSE_NOT_PERMITTED',
    `Whom marketing may reach by ${channel} is told for the purpose ${purpose} only: name it in the header "x-purpose".`,
  );
}
