import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The barest server of JSON over HTTP: answers every POST with the text made of its body, tells the process that
 * started it where it listens, and ends with it. Answers are ASCII.
 */
export function answerPosts(answer: (body: string) => string | Promise<string>): void {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => reply(answer, body, request, response));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` });
  });
  process.on('disconnect', () => process.exit());
}

async function reply(
  answer: (body: string) => string | Promise<string>,
  body: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const made = answer(body);
    const text = typeof made === 'string' ? made : await made;
    response.sendDate = false;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    response.end(text, 'latin1');
  } catch (error) {
    process.stderr.write(`${request.url}: ${error}\n`);
    response.writeHead(400).end();
  }
}
