import { createServer } from 'node:net';
import { Redis } from 'ioredis';

/** closed: nothing listens. mute: the port is open, but no Redis answers. loading: Redis still reads its data. */
export type Probe = { state: 'closed' | 'mute' | 'loading' } | { state: 'ready'; workDir: string };

/** Reads the state of the Redis at a port of this machine, once. Never throws; takes a few seconds at most. */
export async function probe(port: number): Promise<Probe> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
    commandTimeout: 1000,
  });
  client.on('error', () => 'the call below rejects with the same error');
  try {
    await client.connect();
    return await readState(client);
  } catch {
    return { state: 'closed' };
  } finally {
    client.disconnect();
  }
}

/** A port of the loopback address that is free at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No port')),
      );
    });
  });
}

async function readState(client: Redis): Promise<Probe> {
  try {
    await client.ping();
    return { state: 'ready', workDir: await workDirOf(client) };
  } catch (error) {
    return { state: isLoading(error) ? 'loading' : 'mute' };
  }
}

async function workDirOf(client: Redis): Promise<string> {
  const answer: unknown = await client.config('GET', 'dir');
  return Array.isArray(answer) ? String(answer[1]) : '';
}

function isLoading(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('LOADING');
}
