import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type RunningRedis, untilReady } from '#src/start/redis/launch.ts';
import { freePort, probe } from '#src/start/redis/probe.ts';

const loading = '-LOADING Redis is loading the dataset in memory\r\n';

describe('a probe of a Redis', () => {
  afterEach(() => vi.restoreAllMocks());

  it('reports that no process listens', async () => {
    expect(await probe(await freePort())).toEqual({ state: 'closed' });
  });

  it('reports a Redis that still loads its data', async () => {
    await using server = await answering([loading]);
    expect(await probe(server.port)).toEqual({ state: 'loading' });
  });

  it('reports a program that is not Redis', async () => {
    await using server = await answering(['-ERR unknown command\r\n']);
    expect(await probe(server.port)).toEqual({ state: 'mute' });
  });

  it('waits while Redis loads its data', async () => {
    everyLookIsAMinuteLater();
    const dir = '*2\r\n$3\r\ndir\r\n$5\r\n/data\r\n';
    await using server = await answering([loading, loading, '+PONG\r\n', dir]);
    expect(await untilReady(runningAt(server.port))).toBe('ready');
    expect(server.left).toEqual([]);
  });

  it('fails if there is no sign that Redis loads its data', async () => {
    everyLookIsAMinuteLater();
    await using server = await answering(['-ERR unknown command\r\n']);
    expect(await untilReady(runningAt(server.port))).toBe('silent');
  });
});

function everyLookIsAMinuteLater(): void {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    nowMs += 60_000;
    return nowMs;
  });
}

function runningAt(port: number): RunningRedis {
  return { pid: 1, container: null, port, hasExited: () => false, exited: new Promise(() => null) };
}

/** A server that sends these answers, one for each command. */
async function answering(left: string[]) {
  const server = createServer((socket) => socket.on('data', () => socket.write(left.shift() ?? '-ERR no more\r\n')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    left,
    port: address && typeof address === 'object' ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      await once(server.close(), 'close');
    },
  };
}
