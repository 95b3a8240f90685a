import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileCache } from '#src/start/child.ts';
import { type RedisProcess, startRedisProcess, whyNoRedisProcess } from '../redis-process.ts';
import { secretsKey } from '../secrets-key.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-refused-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a program of src/ with settings that it must refuse. Returns its error output, without the last line break. */
async function refusalOf(program: string, env: Record<string, string>, args: readonly string[] = []): Promise<string> {
  const file = fileURLToPath(new URL(`../../src/${program}.ts`, import.meta.url));
  const base = {
    PATH: process.env.PATH,
    ...compileCache,
    PORT: '0',
    SIMULATOR_PORT: '0',
    DATABASE_URL: `file:${join(folder, 'refused.db')}`,
    API_TOKENS: 'boss:operator:boss-secret-of-the-tests-1',
    SECRETS_KEY: secretsKey,
    REDIS_URL: 'redis://127.0.0.1:1',
  };
  const child = spawn(process.execPath, [file, ...args], { env: { ...base, ...env }, cwd: folder });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  // A stack, or an error's fields.
  expect(errors).not.toMatch(/^\s+at |\binput:|Zk3/m);
  return errors.trimEnd();
}

const programs = ['api', 'worker', 'start'] as const;

test.each(programs)(
  'the %s process refuses all wrong settings in one message, without a stack or a password',
  async (program) => {
    const refusal = await refusalOf(program, {
      REDIS_URL: 'redis://:Zk3/abc+Q=@host',
      DATABASE_URL: 'postgres://me:Zk3#abc@host:99999/db',
      LOG_LEVEL: 'loud',
    });
    expect(refusal).toMatch(/^The configuration is not usable:\n( {2}- .*\n?){3}$/);
    expect(refusal).toMatch(/- DATABASE_URL must be .*; its user or password has a #, which is written %23 there\.$/m);
    expect(refusal).toMatch(/- REDIS_URL must be .*; its user or password has a \/, which is written %2F there\.$/m);
  },
);

test.each([
  ['migrate', []],
  ['backup', ['copy.db']],
  ['rotate-secrets', []],
])(
  'the command %s refuses a wrong DATABASE_URL in one message, without a stack or a password',
  async (program, args) => {
    expect(await refusalOf(program, { DATABASE_URL: 'postgres://me:Zk3/abc@host/db' }, args)).toBe(
      'The configuration is not usable:\n  - DATABASE_URL must be file:<path> (SQLite) or postgres://user:password@host:port/database; its user or password has a /, which is written %2F there.',
    );
  },
);

test('the simulator refuses all wrong settings in one message', async () => {
  expect(await refusalOf('simulator', { LOG_LEVEL: 'loud', SIMULATOR_BOOT_SECONDS: 'soon' })).toMatch(
    /^The configuration is not usable:\n {2}- LOG_LEVEL must be .*\n {2}- SIMULATOR_BOOT_SECONDS must be seconds, from 0 to 3600, but is "soon"\.$/,
  );
});

test.each(['api', 'worker'])(
  'the %s process refuses a Postgres that does not answer, without a stack',
  async (program) => {
    expect(await refusalOf(program, { DATABASE_URL: 'postgres://me:Zk3@127.0.0.1:1/db' })).toMatch(
      /^Postgres cannot be used: connect ECONNREFUSED 127\.0\.0\.1:1\. Check DATABASE_URL and that the server runs\.$/,
    );
  },
);

const reason = whyNoRedisProcess();
if (reason) test.skip(`the start with a Redis in cluster mode is NOT TESTED: ${reason}`);

describe.skipIf(reason !== null)('with a Redis in cluster mode', () => {
  let redis: RedisProcess;
  beforeAll(async () => {
    redis = await startRedisProcess({ settings: ['--cluster-enabled', 'yes'] });
  });
  afterAll(() => redis.stop());

  test.each(programs)('the %s process does not start, and says why in one line', async (program) => {
    const data = program === 'start' ? { DATABASE_URL: '', SECRETS_KEY: '' } : {};
    const refusal = await refusalOf(program, { REDIS_URL: redis.url, ...data });
    expect(refusal).toMatch(/^Redis is in cluster mode, .*REDIS_SENTINELS\)\.$/m);
  });
});
