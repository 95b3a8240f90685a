import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#db/ids.ts';
import { openDatabase } from '#db/open.ts';
import { dumpOf, noon } from './conformance/fixture.ts';
import { type Dialect, postgresDialect, sqliteDialect } from './dialects.ts';
import { upTo } from './older.ts';

for (const dialect of [sqliteDialect(), postgresDialect()]) {
  if (dialect.missing) test.skip(`the history on ${dialect.name} is NOT TESTED: ${dialect.missing}`);
  else describe(`in a database of an older version on ${dialect.name}`, () => migratedHistory(dialect));
}

function migratedHistory(dialect: Dialect): void {
  beforeAll(() => dialect.start());
  afterAll(() => dialect.stop());

  test('the history becomes events, with their actors and causes', async () => {
    const url = await dialect.emptyDatabase();
    await dialect.execute(url, upTo('0010', dialect));
    await dialect.execute(url, oldHistory(dialect));
    const database = await openDatabase(url);
    const { events, jobs, purchases } = await dumpOf(database);
    await database.close();
    const sorted = events.toSorted((a, b) => a.id - b.id);
    const causeOf = ({ cause }: { cause: string | null }) => sorted.find(({ uid }) => uid === cause)?.type ?? cause;
    expect(sorted.map((event) => [event.type, event.actor, causeOf(event)])).toEqual([
      ['server.purchased', 'key:shop', null],
      ['server.create_started', 'policy', 'server.purchased'],
      ['server.ready', 'worker', 'server.purchased'],
      ['server.rebuild_requested', 'key:desk', null],
      ['server.rebuild_started', 'policy', 'server.rebuild_requested'],
      ['machine.retire_started', 'policy', null],
      ['server.rebuilt', 'worker', 'server.rebuild_requested'],
      ['server.destroy_requested', 'key:shop', null],
      ['server.destroy_started', 'policy', 'server.destroy_requested'],
      ['machine.retire_cancelled', 'policy', null],
      ['server.destroyed', 'worker', 'server.destroy_requested'],
    ]);
    expect(sorted[0]).toMatchObject({ serverId: 'srv-1', jobId: null, detail: { location: 'ewr' }, at: noon });
    const uids = sorted.map(({ uid }) => uid);
    expect(uids.toSorted()).toEqual(uids);
    // All but the random digits.
    expect(uids[0]?.slice(0, 13)).toBe(newId('evt', noon).slice(0, 13));
    expect(jobs.map(({ id, requestedBy, cause }) => [id, requestedBy, causeOf({ cause })]).sort()).toEqual([
      ['job-1', 'key:shop', 'server.purchased'],
      ['job-2', 'key:desk', 'server.rebuild_requested'],
      ['job-3', 'policy', null],
      ['job-4', 'key:shop', 'server.destroy_requested'],
    ]);
    expect(purchases.map(({ requestedBy }) => requestedBy)).toEqual(['key:shop']);
  });
}

/** SQL that writes one server's life into a database of an older version: bought, rebuilt and destroyed. */
function oldHistory({ name }: Dialect): string {
  const at = (seconds: number) => {
    const time = new Date(noon.getTime() + seconds * 1000);
    return name === 'sqlite' ? time.getTime() : `'${time.toISOString()}'`;
  };
  const no = name === 'sqlite' ? 0 : 'false';
  const job = (id: number, kind: string, [line, by]: readonly [string, string]) =>
    `('job-${id}', 'srv-1', '${kind}', 'succeeded', '${line}', ${id}, 0, ${no}, '${by}', ${at(id)}, ${at(id)})`;
  const entry = (seconds: number, event: string, [id, kind, by]: readonly [string | null, string?, string?]) => {
    const detail = JSON.stringify(kind === undefined ? { location: 'ewr', plan: 'small' } : { kind, by });
    return `('srv-1', ${id === null ? 'NULL' : `'${id}'`}, '${event}', '${detail}', ${at(seconds)})`;
  };
  return `
INSERT INTO purchases (id, customer, location, plan, requested_by, created_at)
  VALUES ('pur-1', 'ada', 'ewr', 'small', 'shop', ${at(0)});
INSERT INTO servers (id, purchase_id, customer, hostname, provider, location, plan, status, generation, last_position,
    created_at, updated_at)
  VALUES ('srv-1', 'pur-1', 'ada', 'srv-1.vpn.test', 'simulator', 'ewr', 'small', 'destroyed', 2, 4, ${at(0)}, ${at(9)});
INSERT INTO jobs (id, server_id, kind, state, line, position, attempts, parked, requested_by, created_at, finished_at)
  VALUES ${[
    job(1, 'create', ['srv-1', 'shop']),
    job(2, 'rebuild', ['srv-1', 'desk']),
    job(3, 'retire', ['mac-1', 'rebuild']),
    job(4, 'destroy', ['srv-1', 'shop']),
  ].join(', ')};
INSERT INTO history (server_id, job_id, event, detail, at)
  VALUES ${[
    entry(0, 'purchased', [null]),
    entry(0, 'started', ['job-1', 'create']),
    entry(1, 'succeeded', ['job-1', 'create']),
    entry(2, 'requested', ['job-2', 'rebuild', 'desk']),
    entry(2, 'started', ['job-2', 'rebuild']),
    entry(3, 'started', ['job-3', 'retire']),
    entry(3, 'succeeded', ['job-2', 'rebuild']),
    entry(4, 'requested', ['job-4', 'destroy', 'shop']),
    entry(4, 'started', ['job-4', 'destroy']),
    entry(5, 'cancelled', ['job-3', 'retire']),
    entry(5, 'succeeded', ['job-4', 'destroy']),
  ].join(', ')};`;
}
