import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../src/config.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  HABEAS_SERVICES: '/etc/habeas/services',
  HABEAS_OIDC_ISSUER: 'https://id.example',
  HABEAS_KEYS_FILE: '/etc/habeas/keys.json',
  HABEAS_CONTROLLER_NAME: 'A company',
  HABEAS_CONTROLLER_ADDRESS: 'Somewhere',
  HABEAS_DPS_EMAIL: 'dps@company.example',
  HABEAS_DPS_ADDRESS: 'Somewhere',
} as const;

function refusal(env: Record<string, string>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('needs nothing for a first look', () => {
    const config = readConfig({});
    expect(config).toMatchObject({ environment: 'development', databaseUrl: null, host: '127.0.0.1', port: 4000 });
    expect(config.dataDirectory).toBe(path.resolve('.habeas'));
    expect(config.keysFile).toBe(path.resolve('.habeas/keys.json'));
  });

  it('reads an empty setting as one that is not set', () => {
    expect(readConfig({ DATABASE_URL: '', HABEAS_PORT: '' })).toMatchObject({ databaseUrl: null, port: 4000 });
  });

  it('takes the public address without a slash at its end', () => {
    expect(readConfig({ HABEAS_PUBLIC_URL: 'https://habeas.example/' }).publicUrl).toBe('https://habeas.example');
  });

  it.each([
    ['HABEAS_PORT', '70000'],
    ['HABEAS_PORT', 'http'],
    ['DATABASE_URL', 'mysql://localhost/habeas'],
    ['NODE_ENV', 'prod'],
    ['HABEAS_OIDC_ISSUER', 'id.example'],
    ['HABEAS_EXPORT_DAYS', '0'],
    ['HABEAS_DPS_EMAIL', 'nobody'],
    ['HABEAS_BANK_HOLIDAYS', 'UK'],
  ])('names %s where it is %j', (key, value) => {
    const problems = refusal({ [key]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${key}: `));
  });

  it('names all that is wrong at once', () => {
    expect(refusal({ HABEAS_PORT: 'x', HABEAS_EXPORT_DAYS: 'x' }).map((line) => line.split(':')[0])).toEqual([
      'HABEAS_PORT',
      'HABEAS_EXPORT_DAYS',
    ]);
  });

  it('never repeats the value of an address, which may hold a password', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{12}$/), (secret) => {
        const said = refusal({ DATABASE_URL: `mysql://habeas:${secret}@localhost/habeas` }).join('\n');
        expect(said).toMatch(/^DATABASE_URL: /);
        expect(said).not.toContain(secret);
      }),
    );
  });
});

describe('in production the configuration', () => {
  it('is taken where everything is set', () => {
    expect(refusal(PRODUCTION)).toEqual([]);
  });

  it('lists every setting that is missing', () => {
    const keys = Object.keys(PRODUCTION).filter((key) => key !== 'NODE_ENV');
    expect(refusal({ NODE_ENV: 'production' })).toEqual(
      keys.map((key) => `${key}: must be set when NODE_ENV=production.`),
    );
  });

  const REMOTE = 'postgres://habeas:CANARY@db.example/habeas';

  it.each([
    `${REMOTE}?sslmode=require`,
    `${REMOTE}?sslmode=verify-full`,
    'postgres://habeas@localhost/habeas',
    'postgres://habeas@127.0.0.1:5432/habeas',
    'postgres://habeas@[::1]/habeas',
  ])('T-41: takes the database %s', (url) => {
    expect(refusal({ ...PRODUCTION, DATABASE_URL: url })).toEqual([]);
  });

  it.each([
    REMOTE,
    `${REMOTE}?sslmode=prefer`,
    `${REMOTE}?sslmode=disable`,
    'postgres://habeas:CANARY@10.0.0.7/habeas',
    'postgres://habeas:CANARY@127.0.0.1.db.example/habeas',
    'postgres://habeas:CANARY@localhost.db.example/habeas',
  ])('T-41: does not send data in clear to %s', (url) => {
    const said = refusal({ ...PRODUCTION, DATABASE_URL: url });
    expect(said).toEqual([expect.stringMatching(/^DATABASE_URL: .*sslmode=verify-full/)]);
    expect(said.join()).not.toContain('CANARY');
    expect(refusal({ DATABASE_URL: url })).toEqual([]);
  });

  it('keeps fields without a category closed', () => {
    expect(readConfig({ HABEAS_UNCLASSIFIED: 'allow' }).unclassified).toBe('allow');
    expect(readConfig(PRODUCTION).unclassified).toBe('refuse');
    expect(refusal({ ...PRODUCTION, HABEAS_UNCLASSIFIED: 'allow' })).toEqual([
      'HABEAS_UNCLASSIFIED: must not be "allow" when NODE_ENV=production: leave it out.',
    ]);
  });

  it('T-41: takes keys of tokens from another host over https only', () => {
    const issuer = (url: string) => refusal({ ...PRODUCTION, HABEAS_OIDC_ISSUER: url });
    expect(issuer('http://id.example')).toEqual([expect.stringMatching(/^HABEAS_OIDC_ISSUER: .*https:\/\//)]);
    expect(issuer('http://localhost:4400')).toEqual([]);
    expect(issuer('https://id.example')).toEqual([]);
  });
});
