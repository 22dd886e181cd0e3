import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { type Client, need } from '../examples/client.js';
import { PERSON_OF_THE_DEMO } from '../examples/people/person.js';
import { OneQuestionFourServicesDocument } from '../schema/client/operations.js';
import { start } from '../src/cli/start.js';
import { readConfig } from '../src/config.js';
import { type ServiceCredentials, signedCredentials } from '../src/services/credentials.js';

/**
 * One question about one person, answered from four services: through Habeas, and by hand, which is four calls written
 * for this question alone, in parallel, checking nothing. The two take turns in one run; the ratio is the result.
 */
const ROUNDS = 300;
const WARM_UP = 50;

const { accountId, externalIds } = PERSON_OF_THE_DEMO;

async function bench(): Promise<void> {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-bench-'));
  const config = readConfig({ HABEAS_DATA: dataDirectory, HABEAS_PORT: '0', HABEAS_LOG_LEVEL: 'silent' });
  const started = await start(config, { serve: true, work: false });
  const { introduction, foundation, company } = started;
  if (!introduction || !company) throw new Error('HABEAS_SERVICES: unset it, the measurement needs the demo company.');
  const client = { url: `${foundation.publicUrl}/graphql`, token: introduction.tokens.service };
  const hand = byHand(company.env, signedCredentials(foundation.keys.signing, foundation.publicUrl));
  const times = { habeas: [] as number[], byHand: [] as number[] };
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const habeas = await timed(() => throughHabeas(client));
    const direct = await timed(hand.ask);
    if (round < WARM_UP) continue;
    times.habeas.push(habeas);
    times.byHand.push(direct);
  }
  report(times);
  await hand.close();
  await started.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
}

const throughHabeas = (client: Client) => need(client, OneQuestionFourServicesDocument, { id: accountId });

function byHand(env: Readonly<Record<string, string>>, credentials: ServiceCredentials) {
  const audits = postgres(env.EHCP_AUDIT_DATABASE_URL ?? '', { max: 4 });
  const newsletter = postgres(env.NEWSLETTER_DATABASE_URL ?? '', { max: 4 });
  const member = externalIds.ehcp_audit ?? '';
  const reader = externalIds.newsletter ?? '';
  const ask = () =>
    Promise.all([
      audits`select a.title, a.status, count(*) over () from audits a
             join members m on m.id = a.lead_member_id where m.external_id = ${member} order by a.id limit 2`,
      audits`select count(*) from findings f join audited_plans p on p.id = f.audited_plan_id
             join audits a on a.id = p.audit_id join members m on m.id = a.lead_member_id where m.external_id = ${member}`,
      newsletter`select topic, count(*) over () from subscriptions where external_id = ${reader} limit 5`,
      askTraining(env.TRAINING_URL ?? '', credentials),
      askSupport(env.SUPPORT_URL ?? '', credentials),
    ]);
  return { ask, close: () => Promise.all([audits.end(), newsletter.end()]) };
}

async function askTraining(url: string, credentials: ServiceCredentials): Promise<unknown> {
  const token = await credentials.token({ name: 'training', audience: 'training' }, 'habeas', 'gdprquery');
  const query = `query ($people: [_Any!]!) { _entities(representations: $people) { ... on Account {
    training { nextCourse { title startsOn } bookings(first: 1) { totalCount } } } } }`;
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables: { people: [{ __typename: 'Account', id: accountId }] } }),
  });
  return answer.json();
}

async function askSupport(url: string, credentials: ServiceCredentials): Promise<unknown> {
  const id = externalIds.support ?? '';
  const token = await credentials.token({ name: 'support', audience: 'support' }, id, 'gdprquery');
  const answer = await fetch(`${url}/gdpr/${id}`, { headers: { authorization: `Bearer ${token}` } });
  return answer.json();
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

function report(times: Readonly<Record<'habeas' | 'byHand', number[]>>): void {
  const at = (values: number[], share: number) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
  const ratios = times.habeas.map((time, round) => time / (times.byHand[round] ?? time));
  const line = (name: string, values: number[], unit: string) =>
    process.stdout.write(
      `${name.padEnd(22)} median ${at(values, 0.5).toFixed(2)}${unit}  p95 ${at(values, 0.95).toFixed(2)}${unit}\n`,
    );
  line('through Habeas', times.habeas, ' ms');
  line('by hand, unchecked', times.byHand, ' ms');
  line('ratio, pair by pair', ratios, '');
}

await bench();
