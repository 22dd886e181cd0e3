import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import type { UnsubscribeHeaders } from './unsubscribe-link.js';

export interface Mail {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly unsubscribe: UnsubscribeHeaders;
}

/** Writes a whole message, headers and all, into a folder as mail programs read it, `*.eml`. Answers the file. */
export async function writeMail(folder: string, mail: Mail): Promise<string> {
  const { from, to, subject, text, unsubscribe } = mail;
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await transport.sendMail({
    from,
    to,
    subject,
    text: `${text}\n\n--\nTo hear no more about this: ${unsubscribe.url}\n`,
    headers: {
      // As they stand: a long link folded over lines is no link to some mail programs.
      'List-Unsubscribe': { prepared: true, value: unsubscribe.listUnsubscribe },
      'List-Unsubscribe-Post': { prepared: true, value: unsubscribe.listUnsubscribePost },
    },
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${randomUUID()}.eml`);
  await writeFile(file, message as Buffer, { mode: 0o600 });
  return file;
}
