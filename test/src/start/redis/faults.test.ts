import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedisStartError } from '#src/start/redis/error.ts';
import { readPidfile } from '#src/start/redis/pidfile.ts';
import { freePort } from '#src/start/redis/probe.ts';
import { startRedis } from '#src/start/redis/redis.ts';

describe('a Redis that cannot start', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'ghostifi-redis-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('because its port is taken names the port', async () => {
    const server = createServer().listen(await freePort(), '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address && typeof address === 'object' ? address.port : 0;
    const fault = await faultOf(startRedis({ dataDir, port }));
    server.close();
    expect(fault).toEqual([
      'port-taken',
      `Port ${port} is used by another program. Stop that program, or choose another port.`,
    ]);
  });

  it('because another Redis has its port does not use that Redis', async () => {
    const other = await startRedis({ dataDir: join(dataDir, 'other') });
    const [fault] = await faultOf(startRedis({ dataDir, port: other.port }));
    await other.stop();
    expect(fault).toBe('port-taken');
  });

  it('because its folder cannot be made names the folder', async () => {
    writeFileSync(join(dataDir, 'file'), '');
    const [fault, message] = await faultOf(startRedis({ dataDir: join(dataDir, 'file') }));
    expect(fault).toBe('folder');
    expect(message).toMatch(/^Redis cannot write to \S+\/file\/redis \(ENOTDIR.*\)\. Make that folder writable/);
  });

  it('because its program is gone gives advice for finding another', async () => {
    const record = { kind: 'binary', path: join(dataDir, 'redis-server') } as const;
    const [fault, message] = await faultOf(startRedis({ dataDir, record }));
    expect(fault).toBe('not-found');
    expect(message).toContain('node src/setup/ready.mjs');
  });

  it('for another reason reports the last line of its log', async () => {
    const path = join(dataDir, 'redis-server');
    writeFileSync(path, '#!/bin/sh\necho "3:M 01 Jan 2026 00:00:00.000 # Out of luck"; exit 1\n');
    chmodSync(path, 0o755);
    const [fault, message] = await faultOf(startRedis({ dataDir, record: { kind: 'binary', path } }));
    expect(fault).toBe('exited');
    expect(message).toMatch(/^redis-server ended during its start: Out of luck \(see \S+\/redis\/redis\.log\)\.$/);
    expect(readPidfile(join(dataDir, 'redis'))).toBeNull();
  });
});

async function faultOf(failing: Promise<unknown>): Promise<[string, string]> {
  const error = await failing.then(
    () => new Error('Redis started without an error'),
    (reason: unknown) => reason,
  );
  return error instanceof RedisStartError ? [error.fault, error.message] : ['other', String(error)];
}
