import { branchOf } from './people.js';
import { type BenchService, LIST, RECORDS, SERVICES, storeField } from './services.js';

/** A question as it is sent, and what a whole answer to it is. */
export interface Question {
  readonly query: string;
  /** How many people it is about. */
  readonly people: number;
  variables(ids: readonly string[]): Readonly<Record<string, unknown>>;
  /** The `data` of a whole answer. */
  answer(ids: readonly string[]): unknown;
}

/** What is asked of a person at one service. */
export const selectionAt = (service: BenchService): string =>
  `${service.name} { ${Object.keys(service.figures).join(' ')} ${LIST} { ${fieldsOf(service)} } }`;

const selectionAtStore = (service: BenchService): string =>
  `${storeField(service)} { ${service.name}(first: ${RECORDS}) { nodes { ${fieldsOf(service)} } } }`;

const fieldsOf = ({ fields }: BenchService) => Object.keys(fields).join(' ');

const person = (id: string) => ({
  id,
  ...Object.fromEntries(SERVICES.map((service) => [service.name, branchOf(service, id)])),
});

/** Everything four tables hold of a person, as the graph of Habeas names it. */
export const personOfStores = (id: string) => ({
  id,
  ...Object.fromEntries(
    SERVICES.map((service) => [storeField(service), { [service.name]: { nodes: branchOf(service, id)[LIST] } }]),
  ),
});

export const QUESTIONS = {
  one: {
    query: `query Everything($id: ID!) { account(id: $id) { id ${SERVICES.map(selectionAt).join(' ')} } }`,
    people: 1,
    variables: ([id]) => ({ id }),
    answer: ([id = '']) => ({ account: person(id) }),
  },
  fifty: {
    query: `query EverythingOfMany($ids: [ID!]!) { accounts(ids: $ids) { id ${SERVICES.map(selectionAt).join(' ')} } }`,
    people: 50,
    variables: (ids) => ({ ids }),
    answer: (ids) => ({ accounts: ids.map(person) }),
  },
  postgres: {
    query: `query EveryRow($id: ID!) { account(id: $id) { id ${SERVICES.map(selectionAtStore).join(' ')} } }`,
    people: 1,
    variables: ([id]) => ({ id }),
    answer: ([id = '']) => ({ account: personOfStores(id) }),
  },
} as const satisfies Record<string, Question>;

export type QuestionName = keyof typeof QUESTIONS;
