import { describe, expect, it } from 'vitest';
import { findingsOf, type Look, type Said } from '../support/gated/history.js';

const said = (action: Said['action'], start: number, end: number): Said => ({ person: 'a', action, start, end });
const look = (start: number, end: number, told: boolean): Look => ({ person: 'a', start, end, told });
const SAID = [said('GIVEN', 10, 20), said('WITHDRAWN', 100, 110), said('GIVEN', 300, 310)];

const kindOf = (one: Look) => {
  const { afterWithdrawal, late, missing } = findingsOf(SAID, [one], 50);
  return [...afterWithdrawal.map(() => 'after'), ...late.map(() => 'late'), ...missing.map(() => 'missing')].join();
};

describe('the checker of histories', () => {
  it.each([
    ['before anything was said', look(0, 5, true), 'after'],
    ['while consent was being given', look(5, 12, true), ''],
    ['as consent stood', look(30, 40, true), ''],
    ['as consent stood, and nothing came', look(30, 40, false), 'missing'],
    ['while consent was taken back', look(90, 105, true), ''],
    ['while consent was taken back, and nothing came', look(90, 105, false), ''],
    ['begun before it was acknowledged, and just in time', look(109, 160, true), ''],
    ['begun before it was acknowledged, and too late', look(109, 161, true), 'late'],
    ['begun when it was acknowledged', look(110, 115, true), 'after'],
    ['until it was given again', look(200, 301, true), ''],
    ['of somebody else', { ...look(30, 40, true), person: 'b' }, 'after'],
  ])('judges a look %s', (_, one, kind) => {
    expect(kindOf(one)).toBe(kind);
  });
});
