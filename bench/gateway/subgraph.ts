import { parse, valueFromASTUntyped } from 'graphql';
import { answerPosts } from './answer-posts.js';
import { accountId, branchOf } from './people.js';
import { governedSdl } from './sdl.js';
import { readQuestion } from './selection.js';
import { LIST, SERVICES, typeOf } from './services.js';

/**
 * One of the four services, in a process of its own: `node subgraph.js NAME PEOPLE`. Every answer about a person is
 * made when a question is first seen and kept as text, so that answering costs nearly nothing. It tells how many
 * requests it got.
 */
const [, , name, people = '0'] = process.argv;
const service = SERVICES.find((each) => each.name === name);
if (!service) throw new Error(`There is no service ${name}.`);

const accounts = Array.from({ length: Number(people) }, (_, n) => {
  const id = accountId(n);
  const branch = branchOf(service, id);
  const records = branch[LIST] as readonly object[];
  const typed = { __typename: typeOf(service), ...branch, [LIST]: records.map(withType) };
  return { __typename: 'Account', id, [service.name]: typed };
});

function withType(record: object) {
  return { __typename: service?.item, ...record };
}

type Answer = (variables: Readonly<Record<string, unknown>>) => string;
const answers = new Map<string, Answer>();

function prepare(query: string): Answer {
  const parts = readQuestion(parse(query)).map((field) => {
    const texts = new Map(accounts.map((account) => [account.id, JSON.stringify(field.project(account))]));
    const textOf = (id: unknown) => texts.get(String(id)) ?? 'null';
    const argument = (key: string, variables: Readonly<Record<string, unknown>>) => {
      const value = field.args[key];
      return value && valueFromASTUntyped(value, { ...variables });
    };
    const text: Answer = (variables) => {
      if (field.name === '_entities') {
        const asked = argument('representations', variables) as { id: string }[];
        return `[${asked.map(({ id }) => textOf(id)).join()}]`;
      }
      if (field.name === 'accounts') return `[${(argument('ids', variables) as string[]).map(textOf).join()}]`;
      if (field.name === 'account') return textOf(argument('id', variables));
      if (field.name === '_service') return JSON.stringify({ sdl: governedSdl(service as never) });
      throw new Error(`There is no field ${field.name}.`);
    };
    return { key: field.key, text };
  });
  return (variables) => `{"data":{${parts.map(({ key, text }) => `"${key}":${text(variables)}`).join()}}}`;
}

let requests = 0;
process.on('message', () => process.send?.({ requests }));

answerPosts((body) => {
  requests += 1;
  const { query, variables = {} } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> };
  let answer = answers.get(query);
  if (!answer) {
    answer = prepare(query);
    answers.set(query, answer);
  }
  return answer(variables);
});
