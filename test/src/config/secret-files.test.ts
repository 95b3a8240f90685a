import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { databaseUrl } from '#src/config/commands.ts';
import { fileVariableOf } from '#src/config/secret-files.ts';
import { startConfig } from '#src/config/start.ts';
import { variables } from '#src/config/variables.ts';
import { workerConfig } from '#src/config/worker.ts';
import { apiEnv, faultsOf, workerEnv } from './read-faults.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-secret-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const path = join(folder, `secret-${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

test('every secret has a variable for its file', () => {
  const secrets = Object.entries(variables).filter(([, { secret }]) => secret);
  const without = secrets.map(([name]) => name).filter((name) => fileVariableOf(name) === null);
  // Their files have a format of their own.
  expect(without).toEqual(['API_TOKENS', 'SECRETS_KEY']);
  expect(Object.keys(variables)).toEqual(expect.arrayContaining(without.map((name) => `${name}_FILE`)));
  expect(fileVariableOf('REDIS_URL')).toBe('REDIS_URL_FILE');
  expect(fileVariableOf('PORT')).toBeNull();
});

describe('a secret', () => {
  test('is read from its file, without the line feed at its end', () => {
    const { REDIS_URL: _, ...env } = apiEnv;
    const redis = { REDIS_URL_FILE: file('redis://:hunter2@redis:6379\n') };
    expect(apiConfig({ ...env, ...redis }).redis.url).toBe('redis://:hunter2@redis:6379');
    expect(startConfig('data', redis).ownsRedis).toBe(false);
    const sentinels = {
      REDIS_SENTINELS: 'sentinel',
      REDIS_MASTER: 'shop',
      REDIS_SENTINEL_PASSWORD_FILE: file('hunter3'),
    };
    expect(apiConfig({ ...env, ...sentinels }).redis.sentinels?.password).toBe('hunter3');
    const key = { VULTR_API_KEY_FILE: file('\n hunter2-hunter2-hunter2 \n') };
    expect(workerConfig({ ...workerEnv, CLOUD: 'vultr', ...key }).cloud.apiKey).toBe('hunter2-hunter2-hunter2');
    const old = Buffer.alloc(32, 7);
    expect(apiConfig({ ...apiEnv, SECRETS_KEY_OLD_FILE: file(old.toString('base64')) }).secretsKeys.old).toEqual(old);
    const database = { DATABASE_URL_FILE: file('postgres://user:hunter2@host/db') };
    expect(databaseUrl(database)).toBe('postgres://user:hunter2@host/db');
    expect(startConfig('data', database).databaseUrl).toBe('postgres://user:hunter2@host/db');
  });

  test('in its variable wins over its file, which is not read then', () => {
    expect(apiConfig({ ...apiEnv, REDIS_URL_FILE: join(folder, 'none') }).redis.url).toBe(apiEnv.REDIS_URL);
  });

  test('whose variables are both empty is not set', () => {
    const faults = faultsOf(() => apiConfig({ ...apiEnv, REDIS_URL: '', REDIS_URL_FILE: ' ' }));
    expect(faults).toEqual([expect.stringMatching(/^REDIS_URL must be .*; it is not set\.$/)]);
  });

  test.each([
    [
      'that is missing',
      () => join(folder, 'none'),
      /^REDIS_URL_FILE must be a file that can be read, .*none is not \(ENOENT\)\.$/,
    ],
    ['that is empty', () => file(' \n'), /^REDIS_URL_FILE must be a file that holds the value, but .* is empty\.$/],
    ['with another content', () => file('hunter2'), /^REDIS_URL must be redis:\/\/.*; it does not begin with/],
  ])('in a file %s is one fault that never shows the content', (_, path, message) => {
    const faults = faultsOf(() => apiConfig({ ...apiEnv, REDIS_URL: '', REDIS_URL_FILE: path() }));
    expect(faults).toEqual([expect.stringMatching(message)]);
    expect(faults.join()).not.toContain('hunter2');
  });
});
