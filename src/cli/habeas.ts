import path from 'node:path';
import { Command } from 'commander';
import { ConfigError, readConfig } from '../config.js';
import { createKeysFile } from '../crypto/keys.js';
import { HabeasError } from '../errors.js';
import { CompositionError } from '../graph/supergraph.js';
import { ManifestError } from '../services/manifest-problems.js';
import { describeError } from '../telemetry.js';
import { checkServices } from './services-check.js';
import { start } from './start.js';
import { token } from './token.js';
import { welcome } from './welcome.js';

/** The `habeas` command. */
export function habeas(): Command {
  const program = new Command('habeas')
    .description('A GraphQL gateway over everything a company’s services hold about a person.')
    .showHelpAfterError();

  program
    .command('start', { isDefault: true })
    .description('answer requests and run jobs; without HABEAS_SERVICES together with the demo company')
    .action(() => stayUp({ serve: true, work: true }));
  program
    .command('serve')
    .description('answer requests only')
    .action(() => stayUp({ serve: true, work: false }));
  program
    .command('work')
    .description('run jobs only')
    .action(() => stayUp({ serve: false, work: true }));
  program
    .command('token')
    .description('print a development token')
    .option('--subject <id>', 'for a person, by account id')
    .option('--client <name>', 'for a service client')
    .option('--purpose <key>', 'the purpose the client reads for')
    .option('--staff <role>', 'for staff: dps or support')
    .action(async (options) => {
      process.stdout.write(`${await token(readConfig(process.env), options)}\n`);
    });
  program
    .command('services')
    .description('look after service manifests')
    .command('check [file...]')
    .description('check manifests against the live services')
    .action(async (files: string[]) => {
      const needed = await checkServices(readConfig(process.env), files, (line) => {
        process.stdout.write(`${line}\n`);
      });
      process.exitCode = needed > 0 ? 1 : 0;
    });
  program
    .command('keys')
    .description('look after encryption keys')
    .command('create <file>')
    .description('write fresh keys to a file that is not there yet')
    .action(createKeys);
  return program;
}

async function createKeys(file: string): Promise<void> {
  if (!(await createKeysFile(file))) {
    throw new ConfigError(`${file} is there already: what it seals could not be read any more. Name another file.`);
  }
  process.stdout.write(`Set HABEAS_KEYS_FILE=${path.resolve(file)}, and keep a copy apart from the data.\n`);
}

async function stayUp(parts: { serve: boolean; work: boolean }): Promise<void> {
  const started = await start(readConfig(process.env), parts);
  process.stdout.write(welcome(started));
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  await started.stop();
}

/**
 * What a person at the terminal is told of a failure: one clear text for what is theirs to mend, else where it broke.
 * The messages of drivers and libraries hold statements and values, so only our own and the system's are shown.
 */
export function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return 'HABEAS_PORT: another program listens there. Set another port, or 0 for a free one.';
  const isOurs =
    error instanceof ConfigError ||
    error instanceof ManifestError ||
    error instanceof HabeasError ||
    error instanceof CompositionError;
  if (isOurs || (error instanceof Error && error.constructor === Error)) return error.message;
  const { error: kind, code: number, at } = describeError(error);
  return `Habeas ended with ${[kind, number].filter(Boolean).join(' ')}${at ? ` ${at}` : ''}.`;
}
