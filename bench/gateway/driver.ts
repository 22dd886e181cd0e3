import postgres from 'postgres';
import { answerPosts } from './answer-posts.js';
import { RECORDS, SERVICES, snakeCase, storeField } from './services.js';

/**
 * What could be written by hand over the four tables: `node driver.js DATABASE_URL`. For each request one prepared
 * statement for each table, all sent at once, and the rows as JSON. Nothing is checked, nobody is authenticated.
 */
const sql = postgres(process.argv[2] ?? '', { max: 10 });

const statements = SERVICES.map((service) => {
  const columns = Object.keys(service.fields).map((name) => `${snakeCase(name)} as "${name}"`);
  return {
    field: storeField(service),
    collection: service.name,
    text: `select ${columns.join(', ')} from ${service.name} where account_id = $1 order by id limit ${RECORDS}`,
  };
});

answerPosts(async (body) => {
  const { id = '' } = (JSON.parse(body) as { variables: { id?: string } }).variables;
  const answers = await Promise.all(statements.map(({ text }) => sql.unsafe(text, [id], { prepare: true })));
  const branches = statements.map(({ field, collection }, index) => [
    field,
    { [collection]: { nodes: answers[index] } },
  ]);
  return JSON.stringify({ data: { account: { id, ...Object.fromEntries(branches) } } });
});
