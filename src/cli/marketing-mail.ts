import path from 'node:path';
import { readAccounts } from '../accounts/accounts.js';
import { parseUuid } from '../accounts/uuid.js';
import { systemClock } from '../clock.js';
import { type Config, ConfigError } from '../config.js';
import { loadKeys } from '../crypto/keys.js';
import { openDatabase } from '../database/database.js';
import { mayContact } from '../marketing/contact-reader.js';
import { writeMail } from '../marketing/mail.js';
import { requireTopic } from '../marketing/preferences.js';
import { unsubscribeHeaders } from '../marketing/unsubscribe-link.js';

/**
 * Writes a message about a topic to a person, as a marketing service would send it, into `mail` below the data directory;
 * where nothing may be sent to them, nothing is. Answers what was done, in words, and whether it was.
 */
export async function testMail(
  config: Config,
  account: string,
  topic: string,
): Promise<{ text: string; isWritten: boolean }> {
  if (config.environment === 'production')
    throw new ConfigError('Test messages are for development: in production services of yours send them.');
  const { marketing, controller, dps } = config;
  const accountId = parseUuid('account', account);
  requireTopic(marketing, 'topic', topic);
  const keys = await loadKeys(config.keysFile, { create: false });
  const database = await openDatabase(config);
  try {
    const verdict = (await mayContact(database.sql, marketing, { channel: 'EMAIL', topic }, [accountId])).get(
      accountId,
    );
    if (!verdict?.allowed) return { text: `Nothing was written: ${verdict?.reason}.`, isWritten: false };
    const [found] = await readAccounts(database.db, keys, [accountId]);
    const to = found?.record.profile.email ?? found?.record.identifiers.find(({ type }) => type === 'EMAIL')?.value;
    if (!to) return { text: 'Nothing was written: the account has no e-mail address.', isWritten: false };
    const publicUrl = config.publicUrl ?? `http://${config.host}:${config.port}`;
    const title = marketing.topics.find(({ key }) => key === topic)?.title ?? topic;
    const file = await writeMail(path.join(config.dataDirectory, 'mail'), {
      from: { name: controller.name, address: dps.email },
      to,
      subject: `${controller.name}: ${title}`,
      text: `This is a test message about: ${title}.\n\n${controller.name}, ${controller.address}`,
      unsubscribe: unsubscribeHeaders(keys, publicUrl, systemClock.now(), { accountId, topic }),
    });
    return { text: `${file} (${verdict.reason})`, isWritten: true };
  } finally {
    await database.close();
  }
}
