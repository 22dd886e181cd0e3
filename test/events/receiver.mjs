// A service that is told of events, in a process of its own. It keeps what it gets, and behaves as it is told to.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

let behaviour = { status: 204, ms: 0, refuses: null, location: null };
const got = [];

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const { status, ms, refuses, location } = behaviour;
  const isRefused = refuses !== null && body.includes(refuses);
  const isTaken = !isRefused && status < 300;
  got.push({ path: request.url, headers: request.headers, body, at: Date.now(), isTaken });
  if (ms > 0) await delay(ms);
  if (location) response.setHeader('location', location);
  response.writeHead(isRefused ? 500 : status).end('thank you');
});

process.on('message', ({ behave, close, listen, ask }) => {
  if (behave) behaviour = { ...behaviour, ...behave };
  if (close) server.close(() => process.send({ closed: true })).closeAllConnections();
  if (listen) server.listen(listen, '127.0.0.1', () => process.send({ port: server.address().port }));
  if (ask) process.send({ got: got.slice(ask - 1) });
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
