import { existsSync, readFileSync, statSync } from 'node:fs';
import { ConfigError } from '../config.js';
import { type Receipt, verifyReceipt } from '../consents/receipt.js';
import { readPublicKeys } from '../crypto/keys.js';

const LARGEST = 1_048_576;

/**
 * What was agreed to, for people, out of a file with a signed receipt: the signature alone, or the receipt as the
 * graph answers it. Needs neither network nor database. Throws where the receipt is not genuine.
 */
export async function receiptText(file: string, keysFile: string): Promise<string> {
  const { jws, json } = readReceiptFile(file);
  const { receipt, kid } = await verifyReceipt(jws, readPublicKeys(keysFile));
  if (json !== undefined && JSON.stringify(json) !== JSON.stringify(receipt)) {
    throw new ConfigError('receipt: has been changed: its "json" is not what its "jws" was signed over.');
  }
  return describe(receipt, kid);
}

function readReceiptFile(file: string): { jws: string; json?: unknown } {
  if (!existsSync(file)) throw new ConfigError(`receipt: there is no file at ${file}.`);
  if (statSync(file).size > LARGEST) throw new ConfigError('receipt: the file is larger than any receipt.');
  const text = readFileSync(file, 'utf8').trim();
  if (!text.startsWith('{')) return { jws: text };
  const content = parseJson(text);
  if (typeof content?.jws !== 'string') throw new ConfigError('receipt: the file holds no "jws".');
  return { jws: content.jws, json: content.json };
}

function parseJson(text: string): { jws?: unknown; json?: unknown } | null {
  try {
    return JSON.parse(text) as { jws?: unknown };
  } catch {
    return null;
  }
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
  const told = lines.flatMap(([name, values]) =>
    values.map((value, index) => `  ${(index === 0 ? name : '').padEnd(12)} ${printable(value)}`.trimEnd()),
  );
  return `${[`The receipt is genuine, signed with key ${printable(kid)}.`, ...told].join('\n')}\n`;
}

/** A terminal acts on control characters. */
const printable = (text: string) => text.replaceAll(/\p{Cc}/gu, ' ');
