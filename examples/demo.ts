import 'reflect-metadata';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  OneQuestionFourServicesDocument,
  PrivacyRequestDocument,
  PrivacyRequestProgressDocument,
  RequestAccessDocument,
  ServicesDocument,
} from '../schema/client/operations.js';
import { start } from '../src/cli/start.js';
import { readConfig } from '../src/config.js';
import { verifyPackage } from '../src/exports/package/verify.js';
import { type Client, follow, need } from './client.js';
import { ServiceBars } from './demo/bars.js';
import { contentsOf, type PackageFile } from './demo/contents.js';
import { say, step, table } from './demo/story.js';

const REPEATS = 20;

/** The main job of Habeas from end to end, told in the terminal. Ends with exit code 0 when all of it is true. */
async function demo(): Promise<void> {
  // Any free port, so that the demo can run beside `npm start`.
  const config = readConfig({ HABEAS_PORT: '0', HABEAS_LOG_LEVEL: 'warn', ...process.env });
  say('Habeas: everything a company’s services hold about a person, in one graph.\n');
  step(1, 'Starting Habeas and the demo company, Lantern Education Ltd');
  const started = await start(config, { serve: true, work: true });
  try {
    const { introduction, foundation } = started;
    if (!introduction) throw new Error('HABEAS_SERVICES is set: unset it to run the demo with the demo company.');
    const url = `${foundation.publicUrl}/graphql`;
    const service = { url, token: introduction.tokens.service };
    const person = { url, token: introduction.tokens.person };
    await showServices(service);
    await askOneQuestion(service, introduction.personId);
    const requestId = await requestEverything(person);
    await fetchPackage(person, requestId, path.join(config.dataDirectory, 'demo'));
  } finally {
    await started.stop();
  }
}

async function showServices(client: Client): Promise<void> {
  const { services } = await need(client, ServicesDocument, {});
  step(2, `${services.length - 1} services found, and Habeas itself`);
  table(
    ['service', 'reached as', 'data in', 'collections', 'fields', 'answers'],
    services.map((service) => [
      service.name,
      service.kind,
      service.country ?? '',
      String(service.collections.length),
      String(service.collections.reduce((sum, { fields }) => sum + fields.length, 0)),
      service.healthy ? 'yes' : 'NO',
    ]),
  );
}

async function askOneQuestion(client: Client, personId: string): Promise<void> {
  step(3, 'An internal service asks one question, for the purpose essential.service');
  const first = performance.now();
  const { account } = await need(client, OneQuestionFourServicesDocument, { id: personId });
  const firstTook = performance.now() - first;
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const begun = performance.now();
    await need(client, OneQuestionFourServicesDocument, { id: personId });
    times.push(performance.now() - begun);
  }
  const median = times.sort((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? 0;
  const { profile, ehcpAudit, training, support, newsletter } = account ?? {};
  say(`   ${profile?.displayName}, ${profile?.organisation}`);
  table(
    ['service', 'what it answered'],
    [
      [
        'ehcp_audit',
        `${ehcpAudit?.audits?.totalCount} audits, ${ehcpAudit?.findings?.totalCount} findings; first: ${ehcpAudit?.audits?.nodes?.[0]?.title}`,
      ],
      [
        'training',
        `${training?.bookings?.totalCount} bookings; next course: ${training?.nextCourse?.title}, ${training?.nextCourse?.startsOn}`,
      ],
      ['support', `${support?.tickets?.totalCount} tickets; first: ${support?.tickets?.nodes?.[0]?.subject}`],
      [
        'newsletter',
        `${newsletter?.subscriptions?.totalCount} subscriptions: ${newsletter?.subscriptions?.nodes?.map((each) => each?.topic).join(', ')}`,
      ],
    ],
  );
  say(
    `   four services, one answer: ${firstTook.toFixed(0)} ms the first time, then ${median.toFixed(1)} ms (median of ${REPEATS})`,
  );
}

async function requestEverything(client: Client): Promise<string> {
  step(4, 'The person asks for everything that is held about them (UK GDPR Article 15)');
  const { requestAccess } = await need(client, RequestAccessDocument, { input: {} });
  const { id, dueAt, tasks } = requestAccess.request;
  say(`   request ${id}, due by law on ${dueAt.slice(0, 10)}`);
  const bars = new ServiceBars(tasks.map((task) => task.service));
  for await (const { privacyRequestProgress } of follow(client, PrivacyRequestProgressDocument, { id })) {
    bars.show(privacyRequestProgress.tasks);
    if (privacyRequestProgress.status !== 'IN_PROGRESS') break;
  }
  bars.end();
  return id;
}

async function fetchPackage(client: Client, requestId: string, folder: string): Promise<void> {
  const { privacyRequest } = await need(client, PrivacyRequestDocument, { id: requestId });
  const link = privacyRequest?.export;
  if (privacyRequest?.status !== 'COMPLETED' || !link)
    throw new Error(`The request ended as ${privacyRequest?.status}.`);
  step(5, 'They fetch the package with their own token');
  const answer = await fetch(link.url, { headers: { authorization: `Bearer ${client.token}` } });
  if (!answer.ok) throw new Error(`The package was not handed out: HTTP ${answer.status}.`);
  const file = path.join(folder, `my-data-${requestId.slice(0, 8)}.zip`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, Buffer.from(await answer.arrayBuffer()), { mode: 0o600 });
  const { ok, problems } = await verifyPackage(file);
  if (!ok) throw new Error(`The package does not match its manifest: ${problems.join('; ')}`);
  const files = await contentsOf(file);
  table(['in the package', 'bytes', 'records'], rowsOf(files));
  say(`   ${files.length} files, ${link.records} records, every SHA-256 as its manifest says`);
  say(`\nThe package:  ${file}`);
  say(`To read it:   unzip -o ${file} -d ${folder}/unpacked, then open ${folder}/unpacked/index.html in a browser`);
  say('To go on:     npm start');
}

/** Every file once; a collection's two forms on one line. */
function rowsOf(files: readonly PackageFile[]): string[][] {
  const rows = new Map<string, { names: string[]; bytes: number; records: number | null }>();
  for (const { name, bytes, records } of files) {
    const stem = name.startsWith('data/') ? name.replace(/\.(json|csv)$/, '') : name;
    const row = rows.get(stem) ?? { names: [], bytes: 0, records: null };
    rows.set(stem, { names: [...row.names, name], bytes: row.bytes + bytes, records: records ?? row.records });
  }
  return [...rows].map(([stem, { names, bytes, records }]) => [
    names.length > 1 ? `${stem}.{${names.map((name) => path.extname(name).slice(1)).join(',')}}` : (names[0] ?? stem),
    String(bytes),
    records === null ? '' : String(records),
  ]);
}

try {
  await demo();
} catch (error) {
  process.stderr.write(`\nThe demo did not finish: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
