import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { whyNoStrace } from '../chaos/tracer.ts';
import { failSyncs } from '../failing-syncs.ts';
import { secretsKey } from '../secrets-key.ts';

const noStrace = whyNoStrace();
const apiFile = fileURLToPath(new URL('../../src/api.ts', import.meta.url));

test.skipIf(noStrace !== null)('an API whose disk fails at a flush answers no 202, says why, and exits 1', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const api = spawn(process.execPath, [apiFile], { env: environment(folder), stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void api.kill('SIGKILL'));
  const errors: string[] = [];
  createInterface({ input: api.stderr }).on('line', (line) => errors.push(line));
  const port = await portOf(api.stdout);
  expect((await buy(port, 'before')).status).toBe(202);
  const ended = once(api, 'close');
  onTestFinished(await failSyncs(api.pid ?? 0, 'fdatasync'));
  expect(
    await buy(port, 'after').then(
      ({ status }) => status,
      () => 'no answer',
    ),
  ).not.toBe(202);
  expect(await ended).toEqual([1, null]);
  expect(errors).toEqual([expect.stringMatching(/^The disk of the database did not write the last commits \(EIO: /)]);
});

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    PORT: '0',
    DATABASE_URL: `file:${join(folder, 'api.db')}`,
    // No Redis listens at this address.
    REDIS_URL: 'redis://127.0.0.1:1',
    API_TOKENS: 'boss:operator:boss-secret-of-the-tests-1',
    SECRETS_KEY: secretsKey,
  };
}

async function portOf(stdout: NodeJS.ReadableStream): Promise<number> {
  for await (const text of createInterface({ input: stdout })) {
    const line = JSON.parse(text) as { event: string; port: number };
    if (line.event === 'api-listening') {
      stdout.resume();
      return line.port;
    }
  }
  throw new Error('The API ended before it listened.');
}

const buy = (port: number, key: string) =>
  fetch(`http://127.0.0.1:${port}/v1/purchases`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer boss-secret-of-the-tests-1',
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify({ customer: 'c', location: 'ams' }),
  });
