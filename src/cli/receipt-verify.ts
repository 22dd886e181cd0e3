import { type Receipt, verifyReceipt } from '../consents/receipt.js';
import { readPublicKeys } from '../crypto/keys.js';
import { listing, printable, readSignedFile, requireSame } from './signed-file.js';

/**
 * What was agreed to, for people, out of a file with a signed receipt: the signature alone, or the receipt as the
 * graph answers it. Needs neither network nor database. Throws where the receipt is not genuine.
 */
export async function receiptText(file: string, keysFile: string): Promise<string> {
  const { jws, json } = readSignedFile(file, 'receipt');
  const { receipt, kid } = await verifyReceipt(jws, readPublicKeys(keysFile));
  requireSame(json, receipt, 'receipt');
  return describe(receipt, kid);
}

function describe(receipt: Receipt, kid: string): string {
  const { privacy_notice: notice, purposes, consent_text: wording, language } = receipt.pii_processing;
  const parties = receipt.party_identification.map(
    (party) => `${party.party_name}, ${party.party_address}; ${party.party_contact.email}`,
  );
  const uses = purposes.flatMap((each) => [
    `${each.title} (${each.purpose})`,
    each.description,
    `data: ${each.pii_information.map(({ pii_type }) => pii_type).join(', ')}; kept: ${each.retention_period}`,
    `passed on to: ${each.recipient_third_parties.join('; ') || 'nobody'}`,
  ]);
  const events = receipt.events.map((event) => {
    const until = 'valid_until' in event && event.valid_until ? `, until ${event.valid_until}` : '';
    return `${event.event_state} ${event.event_time} by ${event.entity_id} (${event.channel})${until}`;
  });
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ['record', [receipt.record_id]],
    ['person', [receipt.pii_principal_id]],
    ['agreed to', uses],
    [`shown (${language})`, (wording ?? '').split('\n')],
    ['under', [`${notice.title}, version ${notice.version}, from ${notice.effective_from}, ${notice.url}`]],
    ['', [`SHA-256 ${notice.text_sha256}`]],
    ['controller', parties],
    ['history', events],
  ];
  return `${[`The receipt is genuine, signed with key ${printable(kid)}.`, ...listing(lines)].join('\n')}\n`;
}
