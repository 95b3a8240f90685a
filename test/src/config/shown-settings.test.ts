import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { shownSettings } from '#src/config/shown-settings.ts';
import { type VariableName, variables } from '#src/config/variables.ts';

const canary = 'canary-of-a-secret';

function shown(env: Record<string, string>) {
  return Object.fromEntries(shownSettings(env, 'api').map((setting) => [setting.name, setting]));
}

test('a variable is shown with its value, or with its fallback', () => {
  const { DEFAULT_PLAN, RATE_LIMIT_PER_MINUTE, PUBLIC_URL } = shown({ DEFAULT_PLAN: 'small' });
  expect(DEFAULT_PLAN).toMatchObject({ value: 'small', source: 'set', isSecret: false });
  expect(RATE_LIMIT_PER_MINUTE).toMatchObject({ value: '3000', source: 'default' });
  expect(PUBLIC_URL).toMatchObject({ value: null, source: 'not set' });
});

test('a variable that only the worker reads is left out', () => {
  const ofWorker = Object.entries(variables).filter(([, { processes }]) => !processes.includes('api' as never));
  expect(ofWorker.length).toBeGreaterThan(0);
  for (const [name] of ofWorker) expect(shown({ [name]: '1' })).not.toHaveProperty(name);
});

test('no secret is shown, whether it is in the environment or in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-shown-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, canary);
  const secret = (Object.keys(variables) as VariableName[]).filter((name) => variables[name].secret);
  const env = Object.fromEntries(secret.map((name, n) => (n % 2 === 0 ? [name, canary] : [`${name}_FILE`, file])));
  expect(JSON.stringify(shown(env))).not.toContain(canary);
  expect(shown(env)).toMatchObject({ API_TOKENS: { value: null, isSecret: true } });
});

test('the password of an address is not shown', () => {
  const { DATABASE_URL, REDIS_URL, HTTPS_PROXY } = shown({
    DATABASE_URL: `postgres://shop:${canary}@db.test/ghostifi?password=${canary}`,
    REDIS_URL: `redis://:${canary}@redis.test:6379`,
    HTTPS_PROXY: `http://u:${canary}@a@proxy.test`,
  });
  expect(DATABASE_URL?.value ?? '').not.toContain(canary);
  expect(REDIS_URL?.value ?? '').not.toContain(canary);
  expect(HTTPS_PROXY?.value ?? '').not.toContain(canary);
});
