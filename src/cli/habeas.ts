import path from 'node:path';
import { Command } from 'commander';
import { ConfigError, readConfig } from '../config.js';
import { createKeysFile, rotateSigningKey } from '../crypto/keys.js';
import { describeError } from '../telemetry.js';
import type { ExplainOptions } from './explain.js';
import type { AddOptions } from './services-add.js';

const HELP = `
Everything is set by environment variables. The ones to begin with:
  HABEAS_SERVICES  folder of service manifests
  DATABASE_URL     Postgres 15 or newer; left out, an embedded one is started
  HABEAS_DATA      folder for what Habeas keeps itself (.habeas)
  HABEAS_PORT      port to answer at (4000)
With NODE_ENV=production "habeas start" lists what else it needs.`;

/** The `habeas` command. What a subcommand needs is loaded when it runs, so that mistakes are told at once. */
export function habeas(): Command {
  const program = new Command('habeas')
    .description('A GraphQL gateway over everything a company’s services hold about a person.')
    .showHelpAfterError()
    .addHelpText('after', HELP);

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
      const config = readConfig(process.env);
      const { token } = await import('./token.js');
      process.stdout.write(`${await token(config, options)}\n`);
    });
  program
    .command('explain <file>')
    .description('explain what becomes of a GraphQL question; ends with 1 where it is not answered')
    .requiredOption('--client <name>', 'the service client that asks')
    .option('--purpose <key>', 'what for; a client with a single purpose needs none')
    .option('--operation <name>', 'which operation of the file')
    .option('--account <id>', 'whose standing to look at: what is withheld today')
    .option('--json', 'print it for programs')
    .action(explainQuestion);
  const clients = program.command('clients').description('look after service clients');
  clients
    .command('trust <name> [file]')
    .description('let a client ask the documents of a file, by hash, and no others')
    .option('--any', 'let it ask any document again')
    .action(trust);
  const services = program.command('services').description('look after service manifests');
  services
    .command('check [file...]')
    .description('check manifests against the live services')
    .action(async (files: string[]) => {
      const config = readConfig(process.env);
      const { checkServices } = await import('./services-check.js');
      const needed = await checkServices(config, files, (line) => {
        process.stdout.write(`${line}\n`);
      });
      process.exitCode = needed > 0 ? 1 : 0;
    });
  services
    .command('add')
    .description('draft a manifest by reading a live service')
    .option('--postgres <url>', 'read the tables of a database')
    .option('--schema <name>', 'the schema they are in', 'public')
    .option('--sdl <file or url>', 'read the SDL of a Federation 2 subgraph')
    .option('--http <url>', 'ask a GDPR API for one person, as in https://support.example/gdpr/{externalId}')
    .option('--external-id <id>', 'the id of that person there')
    .option('--name <key>', 'name of the service, its fides_key; otherwise that of the database, host or file')
    .option('--out <file>', 'write the draft to a file that is not there yet')
    .action(addDraft);
  program
    .command('consents')
    .description('look after the record of consents')
    .command('rebuild')
    .description('make what holds of each consent anew out of the ledger, person by person')
    .option('--check', 'only compare; ends with 1 where something differs')
    .action(rebuild);
  const events = program.command('events').description('look after what services are told of');
  events
    .command('list', { isDefault: true })
    .description('show how it stands with each service, and the dead letters')
    .option('--service <name>', 'of one service')
    .action(async ({ service }: { service?: string }) => {
      const config = readConfig(process.env);
      const { showEvents } = await import('./events.js');
      await showEvents(config, service ?? null, printLine);
    });
  events
    .command('redeliver [id...]')
    .description('send dead letters again')
    .option('--service <name>', 'all of one service')
    .option('--all', 'all there are')
    .action(async (ids: string[], options: { service?: string; all?: boolean }) => {
      const config = readConfig(process.env);
      const { redeliverEvents } = await import('./events.js');
      await redeliverEvents(config, { ids, ...options }, printLine);
    });
  events
    .command('rotate <service>')
    .description('give a service a new secret, and print it this once')
    .option('--hours <n>', 'how long the one before counts beside it', '48')
    .action(async (service: string, { hours }: { hours: string }) => {
      const config = readConfig(process.env);
      const { rotateSecret } = await import('./events.js');
      await rotateSecret(config, service, Number(hours), printLine);
    });
  const marketing = program.command('marketing').description('look after marketing preferences, and try them out');
  marketing
    .command('rebuild')
    .description('make what holds of each preference anew out of the ledger, person by person')
    .option('--check', 'only compare; ends with 1 where something differs')
    .action(rebuildMarketing);
  program
    .command('erase')
    .description('look at what an erasure does')
    .command('plan <account>')
    .description(
      'tell, service by service, what would go, change and stay, and why; ends with 1 where something stands in its way',
    )
    .option('--json', 'print one object of JSON')
    .action(planOfErasure);
  marketing
    .command('mail <account>')
    .description(
      'write a test message to a person into the mailbox of the data directory; ends with 1 where none may go',
    )
    .requiredOption('--topic <key>', 'what it is about')
    .action(mail);
  program
    .command('receipt')
    .description('look at receipts of consent')
    .command('verify <file>')
    .description('check a signed receipt and print what was agreed to; ends with 1 where it is not genuine')
    .option('--keys <file>', 'the key set (/.well-known/jwks.json) of who issued it; otherwise the own keys file')
    .action(verifyReceipt);
  program
    .command('certificate')
    .description('look at certificates of erasure')
    .command('verify <file>')
    .description('check a signed certificate and print what was erased; ends with 1 where it is not genuine')
    .option('--keys <file>', 'the key set (/.well-known/jwks.json) of who issued it; otherwise the own keys file')
    .action(verifyCertificate);
  const keys = program.command('keys').description('look after encryption keys');
  keys.command('create <file>').description('write fresh keys to a file that is not there yet').action(createKeys);
  keys
    .command('rotate <file>')
    .description('put a fresh signing key in the place of the one in the file, whose public half stays')
    .action(rotateKeys);
  return program;
}

const printLine = (line: string) => {
  process.stdout.write(`${line}\n`);
};

async function explainQuestion(file: string, { json = false, ...options }: ExplainOptions & { json?: boolean }) {
  const config = readConfig(process.env);
  const { explainFile } = await import('./explain.js');
  const explained = await explainFile(config, file, options);
  const { explanation, notes, isAnswered } = explained;
  const { explanationText } = await import('./explain-text.js');
  const text = json ? `${JSON.stringify({ ...explanation, notes }, null, 2)}\n` : explanationText(explained);
  process.stdout.write(text);
  if (!isAnswered) process.exitCode = 1;
}

async function trust(name: string, file: string | undefined, { any = false }: { any?: boolean }): Promise<void> {
  if (any === (file !== undefined)) throw new ConfigError('Name the file of documents, or --any.');
  const config = readConfig(process.env);
  const { trustClient } = await import('./clients-trust.js');
  process.stdout.write(`${await trustClient(config, name, file ?? null)}\n`);
}

async function addDraft(options: AddOptions): Promise<void> {
  const config = readConfig(process.env);
  const { addService } = await import('./services-add.js');
  const { manifest, next } = await addService(config, options);
  if (options.out === undefined) process.stdout.write(manifest);
  process.stderr.write(`${next.join('\n')}\n`);
}

async function rebuild({ check = false }: { check?: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const { rebuildConsents } = await import('./consents-rebuild.js');
  const differed = await rebuildConsents(config, { check }, (line) => {
    process.stdout.write(`${line}\n`);
  });
  if (check && differed > 0) process.exitCode = 1;
}

async function rebuildMarketing({ check = false }: { check?: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const { rebuildMarketing: rebuildAll } = await import('./marketing-rebuild.js');
  const differed = await rebuildAll(config, { check }, printLine);
  if (check && differed > 0) process.exitCode = 1;
}

async function planOfErasure(account: string, { json = false }: { json?: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const { erasePlan, erasePlanText } = await import('./erase-plan.js');
  const plan = await erasePlan(config, account);
  process.stdout.write(json ? `${JSON.stringify(plan, null, 2)}\n` : erasePlanText(plan));
  if (plan.blockers.length > 0) process.exitCode = 1;
}

async function mail(account: string, { topic }: { topic: string }): Promise<void> {
  const config = readConfig(process.env);
  const { testMail } = await import('./marketing-mail.js');
  const { text, isWritten } = await testMail(config, account, topic);
  process.stdout.write(`${text}\n`);
  if (!isWritten) process.exitCode = 1;
}

async function verifyReceipt(file: string, { keys }: { keys?: string }): Promise<void> {
  const keysFile = keys ?? readConfig(process.env).keysFile;
  const { receiptText } = await import('./receipt-verify.js');
  process.stdout.write(await receiptText(file, keysFile));
}

async function verifyCertificate(file: string, { keys }: { keys?: string }): Promise<void> {
  const keysFile = keys ?? readConfig(process.env).keysFile;
  const { certificateText } = await import('./certificate-verify.js');
  process.stdout.write(await certificateText(file, keysFile));
}

async function rotateKeys(file: string): Promise<void> {
  const kid = await rotateSigningKey(file);
  process.stdout.write(`What is signed from the next start on is signed with ${kid}. Start every process anew.\n`);
}

async function createKeys(file: string): Promise<void> {
  if (!(await createKeysFile(file))) {
    throw new ConfigError(`${file} is there already: what it seals could not be read any more. Name another file.`);
  }
  process.stdout.write(`Set HABEAS_KEYS_FILE=${path.resolve(file)}, and keep a copy apart from the data.\n`);
}

async function stayUp(parts: { serve: boolean; work: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const [{ start }, { welcome }] = await Promise.all([import('./start.js'), import('./welcome.js')]);
  const started = await start(config, parts);
  process.stdout.write(welcome(started));
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  await started.stop();
}

const WRITTEN_TO_BE_READ = ['ConfigError', 'ManifestError', 'CompositionError', 'HabeasError', 'ServiceError', 'Error'];

/**
 * What a person at the terminal is told of a failure: one clear text for what is theirs to mend, else where it broke.
 * The messages of drivers and libraries hold statements and values, so only our own and the system's are shown.
 */
export function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return 'HABEAS_PORT: another program listens there. Set another port, or 0 for a free one.';
  if (error instanceof Error && WRITTEN_TO_BE_READ.includes(error.name)) return error.message;
  const { error: kind, code: number, at } = describeError(error);
  return `Habeas ended with ${[kind, number].filter(Boolean).join(' ')}${at ? ` ${at}` : ''}.`;
}
