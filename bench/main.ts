import 'reflect-metadata';
import { Command, InvalidArgumentError } from 'commander';
import type { Bench } from './bench.js';
import { consent } from './consent/consent.js';
import { events } from './events/events.js';
import { gateway } from './gateway/gateway.js';
import { outgoing } from './outgoing/outgoing.js';
import { printReport } from './report.js';

/** `npm run bench -- NAME`: measurements beside others, in one run, so that a ratio means something on any machine. */
const BENCHES: readonly Bench[] = [gateway, outgoing, consent, events];

interface Options {
  readonly json?: true;
  readonly rounds: number;
  readonly seconds: number;
  readonly accounts: number;
  readonly peers: boolean;
  readonly cases?: string;
  readonly rows?: number;
  readonly profile?: string;
}

const program = new Command('bench').description('Measures Habeas beside others.').showHelpAfterError();
for (const bench of BENCHES) {
  program
    .command(bench.name)
    .description(bench.about)
    .option('--json', 'print one object of JSON: {"ratios": …, "runs": […]}')
    .option('--rounds <n>', 'how often each case is measured; medians are told', number, 3)
    .option('--seconds <s>', 'how long each measurement of a round takes', number, 1.5)
    .option('--accounts <n>', 'how many people there are', number, 5_000)
    .option('--no-peers', 'leave other gateways out')
    .option('--cases <names>', 'only these cases, as in one@64,fifty@16')
    .option('--rows <n>', 'how many rows the large ledger of consents has', number)
    .option('--profile <folder>', 'write a processor profile of Habeas there')
    .action((options: Options) => run(bench, options));
}
process.once('SIGTERM', () => process.exit(1)); // Children are ended on the way out.
try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

async function run(bench: Bench, { json, profile, cases, rows, ...options }: Options): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const report = await bench.run({
    ...options,
    cases: cases?.split(',') ?? null,
    profile: profile ?? null,
    rows: rows ?? null,
    say,
  });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : printReport(report));
}

function number(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}
