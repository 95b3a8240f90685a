import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '#db/database.ts';
import { CommitUnknownError, DatabaseBusyError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../../postgres.ts';
import { hasProgram } from '../../programs.ts';
import {
  actor,
  anything,
  at,
  buy,
  destroy,
  made,
  noon,
  plain,
  rebuild,
  running,
  settle,
} from '../conformance/fixture.ts';
import { type Breaker, startBreaker } from './breaker.ts';

const missing = whyNoPostgres();
if (missing) process.stderr.write(`Skipped: Postgres's lost answers, because ${missing}.\n`);

describe.skipIf(missing)('a connection that breaks', () => {
  let postgres: TestPostgres;
  let breaker: Breaker;
  let database: Database;
  let store: Store;
  let url: string;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const direct = new URL(await postgres.createDatabase());
    breaker = await startBreaker(Number(direct.port));
    url = Object.assign(direct, { port: String(breaker.port) }).href;
    database = await openDatabase(url);
    store = createStore(database);
  }, 60_000);
  afterAll(async () => {
    await store.close();
    breaker.close();
    await postgres.stop();
  });

  test('at the commit loses the answer; the settle still returns the jobs that it released', async () => {
    const { server, job } = await buy(store);
    const rebuilding = await rebuild(store, server.id);
    breaker.breakNext('commit');
    const settled = await settle(store, job.id, made);
    expect(breaker.broken).toBe(1);
    expect(settled).toMatchObject({ end: 'settled', state: 'succeeded', released: [{ id: rebuilding.job.id }] });
  });

  test('at the commit loses the answer; a purchase without a key is recorded once, and returned', async () => {
    const before = (await store.readServers({ limit: 500 })).length;
    breaker.breakNext('commit');
    const { server, job } = await buy(store);
    expect(await store.readServers({ limit: 500 })).toHaveLength(before + 1);
    expect(await store.readJob(job.id)).toMatchObject({ serverId: server.id, state: 'released' });
    breaker.breakNext('commit');
    const crowd = await Promise.all(['a', 'b', 'c'].map((customer) => buy(store, { customer })));
    expect(new Set(crowd.map((one) => one.server.id)).size).toBe(3);
    expect(await store.readServers({ limit: 500 })).toHaveLength(before + 4);
  });

  test('at the commit records a command with a key once', async () => {
    const server = await running(store);
    breaker.breakNext('commit');
    const idempotency = { token: 'desk', key: 'own 1', bodyHash: 'x' };
    const { body } = await store.recordRebuild({ serverId: server.id, location: null }, actor(), {
      ...plain,
      idempotency,
    });
    expect(breaker.broken).toBe(4);
    expect(await store.readJobs({ serverId: server.id, kind: 'rebuild', limit: 10 })).toMatchObject([
      { id: jobIn(body) },
    ]);
  });

  test('at the commit records a command without a key once, and returns it', async () => {
    const server = await running(store);
    breaker.breakNext('commit');
    const { job } = await rebuild(store, server.id);
    expect(await store.readJobs({ serverId: server.id, kind: 'rebuild', limit: 10 })).toMatchObject([{ id: job.id }]);
    breaker.breakNext('commit');
    const destroying = await destroy(store, server.id);
    expect(await store.readJob(destroying.job.id)).toMatchObject({ kind: 'destroy' });
  });

  test('at the commit makes one API key, one link and one webhook, and returns them', async () => {
    const wantedKey = { name: 'shop', digest: 'def', last4: 'wxyz', scopes: ['servers:read'] } as const;
    breaker.breakNext('commit');
    const key = await store.recordKey({ ...wantedKey, customer: null, expiresAt: null }, actor());
    expect(await store.readKeys({ limit: 9 })).toEqual([key]);
    const { server } = await buy(store);
    breaker.breakNext('commit');
    const wanted = { serverId: server.id, digest: 'abc', may: ['view'], expiresAt: at(60) } as const;
    const link = await store.makeLink({ idempotency: null, answer: (made) => made?.id, actor: actor(), wanted });
    expect(await store.readLinks(server.id, noon)).toMatchObject([{ id: link.body }]);
    breaker.breakNext('commit');
    const newEndpoint = { id: 'hook-1', url: 'https://shop.test/hook', types: [], secretSealed: 'secret' };
    const endpoint = await store.addEndpoint(newEndpoint, actor());
    expect(await store.readEndpoints()).toEqual([endpoint]);
  });

  const touch = (name: string, options: { busyTimeoutMs: number; interleaveApart?: string }) =>
    database.transact('touch', (context) => putSetting(context, anything(name), { value: 1, now: noon }), options);

  test('at the commit leaves it unknown if the transaction is recorded, if no later try finds out', async () => {
    breaker.breakNext('commit', { forGood: true });
    const touched = touch('lost', { busyTimeoutMs: 300 }).finally(breaker.mend);
    await expect(touched).rejects.toThrow(CommitUnknownError);
    await expect(touched).rejects.toThrow(
      /^It is unknown whether the database recorded the transaction touch\. A repe/,
    );
    expect(await store.readSetting(anything('lost'))).toMatchObject({ value: 1 });
  });

  test('at the commit of several leaves it unknown for each of them', { timeout: 40_000 }, async () => {
    breaker.breakNext('commit', { forGood: true });
    const both = ['one', 'other'].map((name) => touch(name, { busyTimeoutMs: 300, interleaveApart: name }));
    const ends = await Promise.allSettled(both).finally(breaker.mend);
    expect(ends).toMatchObject(Array(2).fill({ reason: { name: 'CommitUnknownError' } }));
  });

  test('before the commit records nothing, and says so', async () => {
    breaker.breakNext('begin', { forGood: true });
    const touched = touch('begun', { busyTimeoutMs: 300 }).finally(breaker.mend);
    await expect(touched).rejects.toThrow(/did not take the transaction touch in time; nothing was recorded/);
    expect(await store.readSetting(anything('begun'))).toBeNull();
  });

  // The pool has ten connections.
  test('at the BEGIN of eleven transactions leaves as many connections as before', async () => {
    for (let at = 0; at < 11; at++) {
      const before = breaker.broken;
      breaker.breakNext('begin');
      await buy(store);
      expect(breaker.broken).toBe(before + 1);
    }
    const other = createStore(await openDatabase(url));
    breaker.breakNext('begin');
    await buy(other);
    await other.close();
  });

  test('and stays silent is closed, and another one takes the transaction', { timeout: 40_000 }, async () => {
    const before = breaker.broken;
    breaker.breakNext('begin', { silently: true });
    await buy(store);
    expect(breaker.broken).toBe(before + 1);
    await buy(store);
  });

  test('and stays silent at a read is closed, and another one takes the next read', { timeout: 40_000 }, async () => {
    const { server } = await buy(store);
    const before = breaker.broken;
    breaker.breakNext('server', { silently: true });
    await expect(store.readServer(server.id)).rejects.toThrow(DatabaseBusyError);
    expect(breaker.broken).toBe(before + 1);
    expect(await store.readServer(server.id)).toMatchObject({ server: { id: server.id } });
  });

  const noSs = hasProgram('ss') ? null : 'ss is not installed';
  if (noSs) process.stderr.write(`Skipped: the keep-alive of Postgres's connections, because ${noSs}.\n`);
  test.skipIf(noSs)('is noticed also while it is idle', async () => {
    await buy(store);
    const ss = () => spawnSync('ss', ['-tnoH', `dport = :${breaker.port}`], { encoding: 'utf8' }).stdout.trim();
    const expectKept = () => {
      const timers = ss()
        .split('\n')
        .map((line) => /timer:\((\w+)/.exec(line)?.[1]);
      expect(new Set(timers)).toEqual(new Set(['keepalive']));
    };
    await vi.waitFor(expectKept, { timeout: 10_000 });
  });
});

function jobIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'job' in body ? body.job : null;
}
