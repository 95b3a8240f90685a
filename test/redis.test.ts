import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { isAlive } from '#src/start/redis/pidfile.ts';
import { startTestRedis } from './redis.ts';

it('a test Redis can be flushed, paused, killed and restarted on its port', async () => {
  const redis = await startTestRedis({ appendOnly: true });
  const client = new Redis(redis.url, { commandTimeout: 200, retryStrategy: () => 20 });
  client.on('error', () => 'expected while it is down');
  await client.set('job', 'waits');
  const { pid } = redis;
  redis.pause();
  await expect(client.get('job')).rejects.toThrow('timed out');
  redis.resume();
  await redis.kill9();
  expect(isAlive(pid)).toBe(false);
  await redis.restart();
  await vi.waitFor(async () => expect(await client.ping()).toBe('PONG'));
  await redis.restart();
  await vi.waitFor(async () => expect(await client.ping()).toBe('PONG'));
  await redis.flush();
  expect(await client.get('job')).toBeNull();
  client.disconnect();
  await redis.stop();
  expect(isAlive(redis.pid)).toBe(false);
});

it('a killed test process leaves no Redis and no folder', async () => {
  const script = `
    import { startTestRedis } from './test/redis.ts';
    const { pid, dataDir } = await startTestRedis();
    process.send({ pid, dataDir });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [{ pid, dataDir }] = await once(child, 'message');
  expect([isAlive(pid), existsSync(dataDir)]).toEqual([true, true]);
  child.kill('SIGKILL');
  await vi.waitFor(() => expect([isAlive(pid), existsSync(dataDir)]).toEqual([false, false]), 5000);
});
