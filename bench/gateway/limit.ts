import { Pool } from 'undici';
import { answerPosts } from './answer-posts.js';
import { selectionAt } from './questions.js';
import { SERVICES } from './services.js';

/**
 * What could be written by hand for the two questions alone: `node limit.js URL…`, one for each service. All services
 * are asked at once, and their texts joined without being read. Nothing is checked, nobody is authenticated.
 */
const services = process.argv.slice(2).map((url, index) => {
  const service = SERVICES[index];
  if (!service) throw new Error(`There is no service for ${url}.`);
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Account { ${selectionAt(service)} } } }`;
  return {
    pool: new Pool(new URL(url).origin, { connections: 64 }),
    path: new URL(url).pathname,
    head: `{"query":${JSON.stringify(query)},"variables":{"of":[`,
    /** Where one person's part ends and the next one's begins. */
    between: `},{"${service.name}":`,
  };
});

type Asked = (typeof services)[number];

const BEGINNING = '{"data":{"_entities":[{'.length;
const END = '}]}}'.length;

/** What a service says of these people, as the fields of one object each. */
async function ask({ pool, path, head, between }: Asked, ids: readonly string[]): Promise<string[]> {
  const people = ids.map((id) => `{"__typename":"Account","id":"${id}"}`).join();
  const { body } = await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: `${head}${people}]}}`,
  });
  const text = await body.text();
  const fields = text.slice(BEGINNING, -END);
  return ids.length === 1
    ? [fields]
    : fields.split(between).map((each, n) => (n === 0 ? each : `${between.slice(3)}${each}`));
}

answerPosts(async (body) => {
  const { id, ids } = (JSON.parse(body) as { variables: { id?: string; ids?: string[] } }).variables;
  const asked = ids ?? [id ?? ''];
  const parts = await Promise.all(services.map((service) => ask(service, asked)));
  const people = asked.map((each, n) => `{"id":"${each}",${parts.map((part) => part[n]).join()}}`);
  return ids ? `{"data":{"accounts":[${people.join()}]}}` : `{"data":{"account":${people[0]}}}`;
});
