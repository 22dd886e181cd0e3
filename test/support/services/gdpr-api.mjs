// A service with the GDPR API of City of Helsinki's profile: what it holds is a table of trees by external id.
import { listen } from './listen.mjs';

const leaf = (key, value) => ({ key, value });
const ticket = (id, ...messages) => ({
  key: 'TICKET',
  children: [
    leaf('TICKET_ID', id),
    leaf('SUBJECT', `Subject of ${id}`),
    leaf('PRIORITY', 2),
    leaf('OPENED_AT', '2026-03-01T10:00:00+02:00'),
    { key: 'MESSAGES', children: messages.map((text) => ({ key: 'MESSAGE', children: [leaf('TEXT', text)] })) },
  ],
});

const HELD = {
  'ext/1 ä': {
    key: 'SUPPORT',
    label: { en: 'Support' },
    children: [
      leaf('CUSTOMER_SINCE', '2020-05-01'),
      { key: 'TICKETS', children: [ticket('t1', 'Hello', 'Again'), ticket('t2', 'One'), ticket('t3')] },
      {
        key: 'CALLBACK',
        children: [leaf('NUMBER', 12345678901234567890n), { key: 'HEALTH', error: 'login too weak' }],
      },
    ],
  },
  bare: { key: 'SUPPORT' },
  empty: {},
};

for (let person = 0; person < 200; person += 1) {
  HELD[`p${person}`] = {
    key: 'SUPPORT',
    children: [{ key: 'TICKETS', children: [ticket(`t${person}`), ticket(`u${person}`)] }],
  };
}
HELD.many = {
  key: 'SUPPORT',
  children: [{ key: 'TICKETS', children: Array.from({ length: 1_201 }, (_, index) => ticket(`t${index}`)) }],
};

let running = 0;
let most = 0;

listen(async (request, response) => {
  if (request.url === '/most-at-once') return response.end(JSON.stringify(most));
  running += 1;
  most = Math.max(most, running);
  await new Promise((go) => setTimeout(go, 2));
  running -= 1;
  const id = decodeURIComponent(request.url.replace(/^\/gdpr\//, '').replace(/\/export$/, ''));
  if (!request.headers.authorization?.startsWith('Bearer ')) return response.writeHead(401).end();
  if (id === 'bad-request') return response.writeHead(400).end('CANARY');
  if (id === 'p7' && request.headers.authorization.includes('fail-p7')) return response.writeHead(500).end('CANARY');
  const tree = HELD[id];
  if (!tree) return response.writeHead(204).end();
  const text = JSON.stringify(tree, (_, value) => (typeof value === 'bigint' ? `#${value}#` : value));
  response.writeHead(200, { 'content-type': 'application/json' }).end(text.replaceAll(/"#(\d+)#"/g, '$1'));
});
