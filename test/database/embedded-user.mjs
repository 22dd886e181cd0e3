import postgres from 'postgres';
import { startEmbeddedPostgres } from '../../dist/src/database/embedded.js';

// Starts the embedded Postgres of a directory, says so, and then does one of three things: "hold" waits for the end of
// its standard input and stops the server; "end" just ends; "insert" writes row after row and says which are stored.
const [, , directory, mode] = process.argv;
const server = await startEmbeddedPostgres({ directory });
const say = (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`);
say({ url: server.url, pid: server.pid, shared: server.shared });
if (mode === 'hold') {
  process.stdin.resume().once('end', async () => {
    await server.stop();
    say({ stopped: true });
  });
}
if (mode === 'insert') {
  const sql = postgres(server.url, { max: 4, onnotice: () => {} });
  await sql`create table if not exists acknowledged (id bigint generated always as identity primary key)`;
  for (;;) {
    const rows = await Promise.all([1, 2, 3, 4].map(() => sql`insert into acknowledged default values returning id`));
    say({ stored: rows.map(([row]) => Number(row.id)) });
  }
}
