import { isDeepStrictEqual } from 'node:util';
import type { Question } from '../gateway/questions.js';
import { type Answer, unchunk } from './answer-reader.js';

const SIGNS_OF_FAILURE = ['"errors"', 'null', '"withheld"'].map((text) => Buffer.from(text));

/** Throws where an answer is none, or shows that something is missing from it. */
export function requireAnswer({ status, body }: Answer): void {
  const sign = status === 200 ? SIGNS_OF_FAILURE.find((each) => body.includes(each)) : 'status';
  if (sign) throw new Error(`an answer is not whole: ${status} ${body.toString('latin1', 0, 600)}`);
}

/** Throws where an answer differs in anything from what a whole one is. */
export function requireWhole(answer: Answer, question: Question, ids: readonly string[]): void {
  const { data } = JSON.parse(unchunk(answer).toString()) as { data?: unknown };
  if (!isDeepStrictEqual(data, question.answer(ids))) {
    throw new Error(`an answer is not the one expected: ${answer.body.toString('latin1', 0, 600)}`);
  }
}
