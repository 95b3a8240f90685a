import { describe, expect, test } from 'vitest';
import { jobRow, machineRow } from '../queues/jobs/scene.ts';
import { overlaps } from './overlaps.ts';
import { facts } from './scene.ts';
import type { CloudCall } from './simulated-cloud.ts';

describe('changes of the machines of one server', () => {
  const call = (operation: string, generation: number, startedAt: number): CloudCall => ({
    seq: 1,
    operation,
    method: 'POST',
    path: '/',
    label: `gf-srv-1-${generation}`,
    machineId: null,
    status: 202,
    faults: [],
    client: 'a',
    startedAt,
    finishedAt: startedAt + 10,
  });
  const { dump } = facts();
  const old = machineRow({ id: 'mac-0', name: 'gf-srv-1-1' });
  const withRetire = { ...dump, machines: [old], jobs: [jobRow({ kind: 'retire', machineId: 'mac-0' })] };

  test('overlap only while both calls are open', () => {
    expect(overlaps(dump, [call('create', 1, 0), call('create', 1, 10)])).toEqual([]);
    expect(overlaps(dump, [call('create', 1, 0), call('create', 1, 9)])).toEqual([
      'create of gf-srv-1-1 and create of gf-srv-1-1 overlapped.',
    ]);
  });

  test('overlap across generations, unless one is a removal by a retire job', () => {
    const calls = [call('delete', 1, 0), call('create', 2, 9)];
    expect(overlaps(dump, calls)).toHaveLength(1);
    expect(overlaps(withRetire, calls)).toEqual([]);
    expect(overlaps(withRetire, [call('delete', 1, 0), call('delete', 1, 9)])).toHaveLength(1);
  });

  test('two removals of a retired machine overlap only when a destroy of its server takes part', () => {
    const twice = [call('delete', 1, 0), call('delete', 1, 9)];
    const destroy = jobRow({ id: 'job-9', kind: 'destroy', serverId: old.serverId });
    expect(overlaps({ ...withRetire, jobs: [...withRetire.jobs, destroy] }, twice)).toEqual([]);
    expect(overlaps({ ...dump, machines: [old], jobs: [destroy] }, twice)).toHaveLength(1);
    const other = { ...destroy, serverId: 'srv-other' };
    expect(overlaps({ ...withRetire, jobs: [...withRetire.jobs, other] }, twice)).toHaveLength(1);
    const createAndDelete = [call('create', 1, 0), call('delete', 1, 9)];
    expect(overlaps({ ...withRetire, jobs: [...withRetire.jobs, destroy] }, createAndDelete)).toHaveLength(1);
  });
});
