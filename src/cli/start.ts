import cliProgress from 'cli-progress';
import type { Config } from '../config.js';
import { readManifests } from '../services/manifest.js';
import { createLogger } from '../telemetry.js';
import type { Company, Introduction } from './company.js';
import { type Foundation, layFoundation, type Parts, type Running, run } from './run.js';

/** A started Habeas, with the demo company where no services were configured. */
export interface Started {
  readonly running: Running;
  readonly foundation: Foundation;
  readonly introduction: Introduction | null;
  readonly company: Company | null;
  stop(): Promise<void>;
}

export async function start(config: Config, parts: Parts): Promise<Started> {
  // What answers requests is most of what there is to load: it loads while the database comes up.
  if (parts.serve) void import('./serve.js');
  const log = createLogger(config.logLevel);
  const foundation = await layFoundation(config, log, parts);
  let company: Company | null = null;
  let running: Running | null = null;
  const stop = async () => {
    await running?.stop();
    await company?.stop();
    await foundation.database.close();
  };
  try {
    const directory = config.servicesDirectory;
    const demo = directory ? null : await import('./company.js');
    company = demo ? await demo.startDemoCompany(foundation) : null;
    const manifests = await readManifests(company?.manifests ?? directory ?? '', { ...process.env, ...company?.env });
    for (const note of manifests.notes) log.info({ note }, 'manifests');
    const welcome = demo ? await demo.introduction(foundation) : null;
    running = await run(foundation, manifests, parts, welcome?.questions ?? []);
    if (demo && parts.serve) await demo.introduceCompany(foundation, registrationBar());
    return { running, foundation, introduction: welcome, company, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Shows that the first start takes a moment, and for what. */
function registrationBar(): (done: number, total: number) => void {
  const bar = new cliProgress.SingleBar({
    format: 'registering the people of the demo company {bar} {value}/{total}',
    noTTYOutput: true,
    notTTYSchedule: 1_000,
    clearOnComplete: false,
    hideCursor: true,
  });
  return (done, total) => {
    if (!bar.isActive) bar.start(total, 0);
    bar.update(done);
    if (done === total) bar.stop();
  };
}
