import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect, onTestFinished } from 'vitest';
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
