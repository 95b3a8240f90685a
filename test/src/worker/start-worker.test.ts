import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { workerConfig } from '#src/config/worker.ts';
import { createLog } from '#src/log.ts';
import { createWorkerMetrics } from '#src/metrics/worker.ts';
import { startWorkerProcess } from '#src/worker/start-worker.ts';
import { fakeProvider } from '../../fakes/provider.ts';
import { fakeVpn } from '../../fakes/vpn.ts';
import { startTestRedis } from '../../redis.ts';
import { keys, secretsKey } from '../../secrets-key.ts';

const partsOk = { database: 'ok', redis: 'ok', clock: 'ok' };

test('a worker is ready from its first job until its drain, serves its health before, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-worker-'));
  const redis = await startTestRedis();
  onTestFinished(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true });
  });
  const [words, served]: [string[], string[]] = [[], []];
  const trace = (sql: string) =>
    void words.push(...(/^insert into "workers" .*'(takes jobs|drains|stopped)'/.exec(sql)?.slice(1) ?? []));
  const worker = await startWorkerProcess({
    config: workerConfig({
      REDIS_URL: redis.url,
      DATABASE_URL: `file:${join(folder, 'test.db')}`,
      SECRETS_KEY: secretsKey,
      SIMULATOR_URL: 'http://127.0.0.1:1',
      INSTALLATION: 'test',
      SHUTDOWN_GRACE_SECONDS: '5',
    }),
    database: await openDatabase(`file:${join(folder, 'test.db')}`, { trace }),
    provider: fakeProvider(),
    dns: null,
    vpn: { of: () => fakeVpn() },
    checkSending: async () => ({ ipv4: null, ipv6: null }),
    instance: 'test',
    version: '1.0.0',
    keys,
    log: createLog({ process: 'worker', level: 'silent' }),
    metrics: createWorkerMetrics(),
    serveHealth: async (health) => {
      await vi.waitFor(async () => expect(await health.readiness()).toMatchObject(partsOk), { timeout: 10_000 });
      served.push((await health.readiness()).status);
      return { port: 3001, close: async () => void served.push('closed') };
    },
  });
  expect([served, worker.server?.port]).toEqual([['unavailable'], 3001]);
  await vi.waitFor(async () => expect((await worker.health.readiness()).status).toBe('ok'), { timeout: 10_000 });
  await vi.waitFor(() => expect(words).toHaveLength(1));
  const closed = worker.close();
  const draining = await worker.health.readiness();
  await closed;
  expect(draining).toMatchObject({ status: 'unavailable', ...partsOk });
  expect(served).toEqual(['unavailable', 'closed']);
  expect(words).toEqual(['takes jobs', 'drains', 'stopped']);
});
