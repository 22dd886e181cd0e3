import { connect } from 'node:net';
import type { Client } from '../../examples/client.js';

/** Sends header lines byte by byte as they are, which `fetch` would put in order first. */
export async function sendRaw(
  { url, token }: Client,
  headerLines: readonly string[],
  body: string,
): Promise<{ status: number; body: string }> {
  const { hostname, port, pathname } = new URL(url);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...(token ? [`authorization: Bearer ${token}`] : []),
    ...headerLines,
  ];
  const socket = connect(Number(port), hostname);
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  const [start = '', ...rest] = answer.split('\r\n\r\n');
  return { status: Number(start.split(' ')[1]), body: rest.join('\r\n\r\n') };
}
