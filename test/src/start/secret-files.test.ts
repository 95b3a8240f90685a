import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect, onTestFinished } from 'vitest';
import { ensureRedisSecrets } from '#src/start/redis-secrets.ts';
import { ensureSecretsKeyFile } from '#src/start/secrets-key-file.ts';
import { ensureTokenFile } from '#src/start/token-file.ts';
import { ensureWebhookSecret } from '#src/start/webhook-secret.ts';

const test = base.each([
  ['tokens', ensureTokenFile],
  ['secrets key', ensureSecretsKeyFile],
  ['webhook secret', ensureWebhookSecret],
] as const);

/** A path in a folder that does not exist. */
function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'data', 'secret');
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('the file of the %s is readable by its owner only, and so is its new folder', (_what, ensure) => {
  const file = freshFile();
  ensure(file);
  expect([modeOf(join(file, '..')), modeOf(file)]).toEqual(['700', '600']);
});

test('the file of the %s stays as it is, and no draft is left beside it', (_what, ensure) => {
  const file = freshFile();
  ensure(file);
  const before = readFileSync(file, 'utf8');
  ensure(file);
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(readdirSync(join(file, '..'))).toEqual(['secret']);
});

describe('the password of the Redis of compose', () => {
  const read = (folder: string) => ({
    settings: readFileSync(join(folder, 'redis.conf'), 'utf8'),
    url: readFileSync(join(folder, 'url'), 'utf8'),
  });

  base('is the same in both files, which only their owner can read, and stays', () => {
    const folder = freshFile();
    ensureRedisSecrets(folder);
    const before = read(folder);
    const [, password] = /^requirepass (\w{48})$/m.exec(before.settings) ?? [];
    expect(before.url).toBe(`redis://:${password}@redis:6379\n`);
    expect(['redis.conf', 'url'].map((name) => modeOf(join(folder, name)))).toEqual(['600', '600']);
    ensureRedisSecrets(folder);
    expect(read(folder)).toEqual(before);
  });

  base('that somebody has replaced is written to the URL', () => {
    const folder = freshFile();
    ensureRedisSecrets(folder);
    writeFileSync(join(folder, 'redis.conf'), 'requirepass a/b\n');
    ensureRedisSecrets(folder);
    expect(read(folder).url).toBe('redis://:a%2Fb@redis:6379\n');
    writeFileSync(join(folder, 'redis.conf'), 'appendonly yes\n');
    expect(() => ensureRedisSecrets(folder)).toThrow(/has no line "requirepass <password>"/);
  });
});
