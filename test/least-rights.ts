import { readFileSync } from 'node:fs';
import { withRedis } from './redis.ts';

const page = readFileSync(new URL('../docs/deploy.md', import.meta.url), 'utf8');

/** The line of docs/deploy.md that gives the service's user its rights, without the user's name and password. */
export const documentedRights = /^ACL SETUSER ghostifi on >\S+ (.*)$/m.exec(page)?.[1]?.split(' ') ?? [];

interface Server {
  readonly url: string;
}

/** Makes a user of Redis with these rights, and returns the address with its name and password. */
export async function addUser(server: Server, rights: readonly string[]): Promise<string> {
  await withRedis(server, async (redis) => {
    await redis.call('ACL', 'SETUSER', 'ghostifi', 'reset', 'on', '>a/secret', ...rights);
    await redis.call('ACL', 'LOG', 'RESET');
  });
  return server.url.replace('redis://', 'redis://ghostifi:a%2Fsecret@');
}

/** What Redis has refused to this user since then, as `reason object`. */
export async function refusals(server: Server): Promise<string[]> {
  const log: unknown = await withRedis(server, (redis) => redis.call('ACL', 'LOG'));
  if (!Array.isArray(log)) throw new Error('Redis has no ACL log.');
  return log.map((entry: readonly unknown[]) => {
    const field = (name: string) => String(entry[entry.indexOf(name) + 1]);
    return `${field('reason')} ${field('object')}`;
  });
}
