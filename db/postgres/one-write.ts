import type { Writable } from 'node:stream';
import type pg from 'pg';

/**
 * Lets all queries that are sent one after another leave in one write to the socket. Otherwise each query is a system
 * call of its own, here and in Postgres.
 */
export function writeTogether(client: Pick<pg.PoolClient, 'query'>): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  const query: (...args: unknown[]) => unknown = client.query.bind(client);
  const queryTogether: typeof query = (...args) => {
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    return query(...args);
  };
  Object.assign(client, { query: queryTogether });
}
