import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RedisRecord } from '#src/setup/record.mjs';
import { redisCommand } from '#src/start/redis/command.ts';
import { isAlive, readPidfile, writePidfile } from '#src/start/redis/pidfile.ts';
import { type OwnRedis, type RedisOptions, startRedis } from '#src/start/redis/redis.ts';

describe('a Redis of our own', () => {
  let dataDir: string;
  let started: OwnRedis[];
  const start = async (options: Partial<RedisOptions> = {}) => {
    const redis = await startRedis({ dataDir, ...options });
    started.push(redis);
    return redis;
  };
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'ghostifi redis '));
    started = [];
  });
  afterEach(async () => {
    await Promise.all(started.map((redis) => redis.stop()));
    rmSync(dataDir, { recursive: true });
  });

  it('keeps jobs in its append-only file, evicts none, and listens only on loopback', async () => {
    const { url } = await start();
    const settings = ['appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'bind', 'dir'];
    const found = await ask(url, async (client) => await client.config('GET', ...settings));
    expect(pairs(found)).toEqual({
      appendonly: 'yes',
      appendfsync: 'everysec',
      'maxmemory-policy': 'noeviction',
      save: '',
      bind: '127.0.0.1',
      dir: join(dataDir, 'redis'),
    });
  });

  it('has no variable of this process, and files that only their owner can read', async () => {
    await start();
    const modeOf = (name: string) => statSync(join(dataDir, name)).mode & 0o777;
    expect([modeOf('redis'), modeOf('redis/redis.log')]).toEqual([0o700, 0o600]);
    const at = { dir: '/data', port: 6379, appendOnly: true };
    const envOf = (record: RedisRecord) => redisCommand({ record, ...at }).env;
    expect(envOf({ kind: 'binary', path: '/bin/redis-server' })).toEqual({});
    const own: RedisRecord = { kind: 'binary', path: '/bin/redis-server', libraryPath: '/lib' };
    expect(envOf(own)).toEqual({ LD_LIBRARY_PATH: '/lib' });
  });

  it('has its data again after a stop', async () => {
    const first = await start();
    await ask(first.url, (client) => client.set('job', 'waits'));
    await first.stop();
    const second = await start();
    expect(second.reused).toBe(false);
    expect(await ask(second.url, (client) => client.get('job'))).toBe('waits');
  });

  it('starts empty if its file is damaged, and moves the file away', async () => {
    const redis = await start();
    await ask(redis.url, (client) => client.set('job', 'waits'));
    await redis.stop();
    const files = join(dataDir, 'redis', 'appendonlydir');
    const increments = readdirSync(files).filter((name) => name.endsWith('.incr.aof'));
    for (const name of increments) writeFileSync(join(files, name), 'not what Redis wrote\r\n');
    let setAside = '';
    const again = await start({
      onDamaged: (path) => {
        setAside = path;
      },
    });
    expect(await ask(again.url, (client) => client.dbsize())).toBe(0);
    expect(setAside).toBe(join(dataDir, 'redis', 'appendonlydir.damaged'));
    expect(readdirSync(setAside)).toContain('appendonly.aof.manifest');
  });

  it('loads a truncated file up to its incomplete end', async () => {
    const redis = await start();
    await ask(redis.url, (client) => client.set('job', 'waits'));
    await ask(redis.url, (client) => client.set('cut', 'off'));
    await redis.stop();
    const files = join(dataDir, 'redis', 'appendonlydir');
    for (const name of readdirSync(files).filter((name) => name.endsWith('.incr.aof')))
      truncateSync(join(files, name), statSync(join(files, name)).size - 5);
    const again = await start();
    expect(await ask(again.url, (client) => client.keys('*'))).toEqual(['job']);
  });

  it('survives a kill of its whole process group, and the next start takes it over', async () => {
    const killed = await startInProcessAndKill(dataDir);
    const redis = await start();
    expect([redis.reused, redis.pid, redis.url]).toEqual([true, killed.pid, killed.url]);
    expect(await ask(redis.url, (client) => client.get('job'))).toBe('waits');
    expect(readPidfile(join(dataDir, 'redis'))?.owner).toBe(process.pid);
    await redis.stop();
    expect(isAlive(killed.pid)).toBe(false);
  });

  it('that serves a living process is not taken over', async () => {
    const { port, pid } = await start();
    writePidfile(join(dataDir, 'redis'), { port, pid, owner: process.ppid, container: null });
    await expect(start()).rejects.toThrow(`already serves process ${process.ppid} on port ${port}`);
  });

  it('whose pidfile names the Redis of another folder is not taken over', async () => {
    const other = await startRedis({ dataDir: join(dataDir, 'other') });
    const own = await start();
    await own.stop();
    const pidfile = { port: other.port, pid: other.pid, owner: 1, container: null };
    writePidfile(join(dataDir, 'redis'), pidfile);
    const fresh = await start();
    expect([fresh.reused, fresh.pid === other.pid]).toEqual([false, false]);
    await other.stop();
  });

  it('that ends by itself is reported once, and one that was stopped is not reported', async () => {
    const ends: unknown[] = [];
    const gone = Promise.withResolvers<void>();
    const redis = await start({ onExit: (exit) => gone.resolve(void ends.push(exit)) });
    redis.signal('SIGKILL');
    await gone.promise;
    await redis.stop();
    const other = await start({ onExit: (exit) => ends.push(exit) });
    await Promise.all([other.stop(), other.stop()]);
    expect(ends).toEqual([{ code: null, signal: 'SIGKILL' }]);
  });

  it('that ends after it was taken over is reported too', async () => {
    const { pid } = await startInProcessAndKill(dataDir);
    const gone = Promise.withResolvers<unknown>();
    await start({ onExit: gone.resolve });
    process.kill(pid, 'SIGKILL');
    expect(await gone.promise).toEqual({ code: null, signal: null });
  });

  it('leaves no pidfile and no process after its stop', async () => {
    const redis = await start();
    await redis.stop();
    expect(readPidfile(join(dataDir, 'redis'))).toBeNull();
    expect(isAlive(redis.pid)).toBe(false);
  });
});

async function ask<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

function pairs(flat: unknown): Record<string, unknown> {
  const list = Array.isArray(flat) ? flat : [];
  return Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]]] : [])));
}

/** Like `npm start` after a kill -9: its process group is gone, except for processes that left the group. */
async function startInProcessAndKill(dataDir: string): Promise<{ pid: number; url: string }> {
  const script = `
    import { Redis } from 'ioredis';
    import { startRedis } from '#src/start/redis/redis.ts';
    const { pid, url } = await startRedis({ dataDir: ${JSON.stringify(dataDir)} });
    await new Redis(url).set('job', 'waits');
    process.send({ pid, url });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [known] = await once(child, 'message');
  process.kill(-Number(child.pid), 'SIGKILL');
  await once(child, 'exit');
  return known;
}
