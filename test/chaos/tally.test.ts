import { describe, expect, test } from 'vitest';
import { jobRow, machineRow } from '../queues/jobs/scene.ts';
import { attempt, facts, jobs, machine, server } from './scene.ts';
import type { CloudCall } from './simulated-cloud.ts';
import { type Facts, overlaps, tallyOf, unfulfilled, wrongNames } from './tally.ts';

const none = { ok: 0, failed: 0, lost: 0, unexpected: 0, duplicated: 0, recovered: 0, orphans: 0 };

describe('of one purchase', () => {
  test.each<[string, Facts, object]>([
    ['that runs is ok', facts(), { ok: 1 }],
    ['the server that is not there is lost', facts({ dump: { servers: [] } }), { lost: 1, orphans: 1 }],
    ['the server without its machine is lost', facts({ made: [] }), { lost: 1 }],
    [
      'the server that never came up is lost',
      facts({ dump: { servers: [{ ...server, status: 'failed' }] } }),
      { lost: 1 },
    ],
    [
      'a second server is a double',
      facts({ dump: { servers: [server, { ...server, id: 'srv-2' }] } }),
      { ok: 1, duplicated: 1 },
    ],
    [
      'a second machine is a double, although it is gone',
      facts({ made: [machine(), machine({ id: 'vps-2', removedAt: 'now' })] }),
      { ok: 1, duplicated: 1 },
    ],
    [
      'a second machine that stays is an orphan too',
      facts({ made: [machine(), machine({ id: 'vps-2' })] }),
      { ok: 1, duplicated: 1, orphans: 1 },
    ],
    [
      'a server that nobody asked for is unexpected',
      facts({ book: [] }),
      { attempts: 0, acknowledged: 0, unexpected: 1 },
    ],
    [
      'a server that was never acknowledged is recovered',
      facts({ book: [attempt({ outcome: 'unknown' })] }),
      { acknowledged: 0, recovered: 1 },
    ],
  ])('%s', (_, given, expected) => {
    expect(tallyOf(given)).toEqual({ attempts: 1, acknowledged: 1, ...none, ...expected });
  });
});

test('a server that was to be destroyed and lives is lost, and one that is destroyed has no machine', () => {
  const book = [attempt(), attempt({ kind: 'destroy', jobId: 'job-1' })];
  expect(tallyOf(facts({ book }))).toMatchObject({ ok: 0, lost: 1 });
  const servers = [{ ...server, status: 'destroyed' as const, machineId: null }];
  expect(tallyOf(facts({ book, dump: { servers } }))).toMatchObject({ ok: 1, lost: 0, orphans: 1 });
});

test.each([
  ['failed', 'The rebuild job-2 of srv-1 is failed: Sold out.'],
  [null, 'The rebuild job-2 of srv-1 is not there.'],
] as const)('a rebuild that was acknowledged and is %s is told', (state, message) => {
  const book = [attempt(), attempt({ kind: 'rebuild', jobId: 'job-2' })];
  const more = state ? [jobRow({ id: 'job-2', state, error: 'Sold out.' })] : [];
  expect(unfulfilled(facts({ book, dump: { jobs: [...jobs, ...more] } }))).toEqual([message]);
});

test('a name that is missing, double, or not needed is told', () => {
  const record = (content: string) => ({ name: server.hostname, type: 'A', content });
  const { dump } = facts();
  expect(wrongNames(dump, [record('192.0.2.1')])).toEqual([]);
  expect(wrongNames(dump, [])).toHaveLength(1);
  expect(wrongNames(dump, [record('192.0.2.1'), record('192.0.2.1')])).toHaveLength(1);
  expect(wrongNames(dump, [record('192.0.2.1'), record('192.0.2.9')])).toHaveLength(1);
});

describe('changes of the machines of one server', () => {
  const call = (operation: string, generation: number, startedAt: number): CloudCall => ({
    ...{ seq: 1, operation, method: 'POST', path: '/', label: `gf-srv-1-${generation}`, machineId: null },
    ...{ status: 202, faults: [], client: 'a', startedAt, finishedAt: startedAt + 10 },
  });
  const { dump } = facts();
  const old = machineRow({ id: 'mac-0', name: 'gf-srv-1-1' });
  const withRetire = { ...dump, machines: [old], jobs: [jobRow({ kind: 'retire', machineId: 'mac-0' })] };

  test('overlap only while both are under way', () => {
    expect(overlaps(dump, [call('create', 1, 0), call('create', 1, 10)])).toEqual([]);
    expect(overlaps(dump, [call('create', 1, 0), call('create', 1, 9)])).toEqual([
      'create of gf-srv-1-1 and create of gf-srv-1-1 overlapped.',
    ]);
  });

  test('overlap although they are of two generations, unless one is the removal that a retire makes', () => {
    const calls = [call('delete', 1, 0), call('create', 2, 9)];
    expect(overlaps(dump, calls)).toHaveLength(1);
    expect(overlaps(withRetire, calls)).toEqual([]);
    expect(overlaps(withRetire, [call('delete', 1, 0), call('delete', 1, 9)])).toHaveLength(1);
  });
});
