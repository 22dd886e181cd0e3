// A service that breaks in the way the first part of the path says; below /now, in the way it was told last, and is well
// until then. Every body of a broken answer holds CANARY, which must not come out.
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { listen } from './listen.mjs';

const CANARY = '"CANARY"';
const SIZE = 60 * 1024 * 1024;
const BOMB = gzipSync(Buffer.alloc(SIZE, 'CANARY'));

const FAULTS = {
  hang: () => {},
  drip: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 100);
    response.on('close', () => clearInterval(timer));
  },
  cut: (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write(CANARY, () => response.destroy());
  },
  'cut-chunked': (response) => {
    response.writeHead(200);
    response.write(CANARY, () => response.destroy());
  },
  500: (response) => response.writeHead(500).end(JSON.stringify({ errors: [{ message: 'CANARY' }] })),
  502: (response) => response.writeHead(502).end(CANARY),
  503: (response) => response.writeHead(503, { 'retry-after': '1' }).end(CANARY),
  429: (response) => response.writeHead(429, { 'retry-after': '60' }).end(CANARY),
  html: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>CANARY</html>'),
  shape: (response) => response.end(JSON.stringify({ CANARY: [1, 2], key: 3 })),
  list: (response) => response.end(JSON.stringify(['CANARY'])),
  errors: (response) => response.end(JSON.stringify({ errors: [{ message: 'CANARY', path: ['_entities'] }] })),
  deep: (response) => response.end('{"key":"CANARY","children":['.repeat(30) + ']}'.repeat(30)),
  abyss: (response) => response.end('['.repeat(200_000) + ']'.repeat(200_000)),
  big: async (response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(1024 * 1024, 'CANARY');
    const closed = once(response, 'close');
    for (let sent = 0; sent < SIZE && !response.destroyed; sent += chunk.length) {
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), closed]);
    }
    response.end();
  },
  bomb: (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB),
  'no-gzip': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(CANARY),
  'other-person': (response, body) => response.end(entities(body, () => ({ id: 'another', nickname: 'CANARY' }))),
  'fewer-people': (response, body) => response.end(entities(body, named, 1)),
  'more-people': (response, body) => response.end(entities(body, named, 0, ['CANARY'])),
  chain: (response) => response.writeHead(200, { 'content-encoding': Array(500).fill('gzip').join(', ') }).end(CANARY),
  headers: (response) => response.writeHead(200, { 'content-encoding': 'gzip, '.repeat(5_000) }).end(CANARY),
  redirect: (response) => response.writeHead(302, { location: '/html/CANARY' }).end(CANARY),
  latin1: (response) => response.end(Buffer.from('{"key":"CANARY","value":"\xe4\xf6"}', 'latin1')),
  garbage: (response) => response.socket.end('CANARY is no HTTP\r\n\r\n'),
};

/** One entity for each representation, like a service that is well, or not quite. */
function entities(body, entity, leftOut = 0, more = []) {
  const { query, variables } = JSON.parse(body);
  const [asked = []] = Object.values(variables).filter(Array.isArray);
  const aliases = [...query.matchAll(/(\w+): id\b/g)].map(([, alias]) => alias);
  const answered = asked.slice(leftOut).map((each) => {
    const { id, ...rest } = entity(each);
    return { ...rest, ...Object.fromEntries(aliases.map((alias) => [alias, id])) };
  });
  return JSON.stringify({ data: { _entities: [...answered, ...more] } });
}

const named = ({ id }) => ({ id, nickname: `of ${id}` });

const tree = (id) => ({
  key: 'SUPPORT',
  children: [{ key: 'TICKETS', children: [{ key: 'TICKET', children: [{ key: 'TICKET_ID', value: `of ${id}` }] }] }],
});

let changes = 0;

/** As a subgraph by POST, as a GDPR API by GET. */
function well(response, body, url) {
  if (!body) return response.end(JSON.stringify(tree(decodeURIComponent(url.split('/')[2]))));
  const { query } = JSON.parse(body);
  if (query.includes('_entities')) return response.end(entities(body, named));
  if (!query.startsWith('mutation')) return response.end(JSON.stringify({ data: { list: ['a'] } }));
  changes += 1;
  response.end(JSON.stringify({ data: { change: changes } }));
}

let mode = 'well';
process.on('message', (message) => {
  mode = message.mode ?? mode;
});

listen((request, response, body) => {
  const [, first] = request.url.split('/');
  const fault = FAULTS[first === 'now' ? mode : first];
  return fault ? fault(response, body) : well(response, body, request.url);
});
