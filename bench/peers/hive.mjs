// Hive Gateway as its own command runs it: node hive.mjs SUPERGRAPH PORT [OPTION…]
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [, , supergraph, port, ...options] = process.argv;
const command = fileURLToPath(new URL('bin.js', import.meta.resolve('@graphql-hive/gateway')));
const settings = ['--fork', '1', '--host', '127.0.0.1', '--port', port];
process.argv = [process.argv[0], command, 'supergraph', supergraph, ...settings, ...options];
process.on('disconnect', () => process.exit());
await import(command);

const origin = `http://127.0.0.1:${port}`;
for (let ready = false; !ready; await delay(100)) {
  ready = await fetch(`${origin}/readiness`).then(
    ({ ok }) => ok,
    () => false,
  );
}
process.send({ url: `${origin}/graphql` });
