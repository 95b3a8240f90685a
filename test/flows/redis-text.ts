import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { TestRedis } from '../redis.ts';

/** Every key with its value as it is now, and every command that Redis has received since its start. */
export async function redisText({ url, dataDir }: Pick<TestRedis, 'url' | 'dataDir'>): Promise<string> {
  const client = new Redis(url);
  const keys = await client.keys('*');
  const values = await Promise.all(keys.map((key) => readKey(client, key)));
  client.disconnect();
  return [...keys, JSON.stringify(values), commandsIn(dataDir)].join('\n');
}

/** From its append-only file. */
function commandsIn(dataDir: string): string {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true });
  const logs = files.filter((entry) => entry.isFile() && /aof/.test(entry.name));
  return logs.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n');
}

/** DUMP would give a long value compressed. */
async function readKey(client: Redis, key: string): Promise<unknown> {
  const type = await client.type(key);
  switch (type) {
    case 'string':
      return client.get(key);
    case 'hash':
      return client.hgetall(key);
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, '0', '-1');
    case 'stream':
      return client.xrange(key, '-', '+');
    // It has expired meanwhile.
    case 'none':
      return null;
    default:
      throw new Error(`The key ${key} has the type ${type}, which this test cannot read.`);
  }
}
