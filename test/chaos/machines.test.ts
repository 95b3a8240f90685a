import { expect, test } from 'vitest';
import { jobRow, machineRow } from '../queues/jobs/scene.ts';
import { doubles, longOrphaned, misplaced, orderedWithoutRow } from './machines.ts';
import { attempt, facts, jobs, machine, server } from './scene.ts';
import type { SimulatedMachine } from './simulated-cloud.ts';

test('two machines of one name that coexist for longer than promised are reported', () => {
  const life = (id: string, from: number, until: number | null) => {
    const iso = (second: number) => new Date(second * 1000).toISOString();
    return machine({ id, createdAt: iso(from), removedAt: until === null ? null : iso(until) });
  };
  const judged = (made: readonly SimulatedMachine[], mayDoubleForSeconds: number) =>
    doubles({ made, promised: { mayDoubleForSeconds } });
  expect(doubles({ made: [life('a', 0, null), life('b', 5, 9)], promised: {} })).toHaveLength(1);
  expect(judged([life('a', 0, null), life('b', 5, 9)], 4)).toEqual([]);
  expect(judged([life('a', 0, null), life('b', 5, 9)], 3)).toEqual(['Two machines were gf-srv-1-1 for 4 s.']);
  expect(judged([life('b', 9, null), life('a', 0, 9)], 0)).toEqual([]);
  expect(judged([life('a', 0, null), life('b', 5, null)], 1_000_000)).toHaveLength(1);
  expect(judged([life('a', 0, null), life('b', 10, 20), life('c', 30, null)], 60)).toHaveLength(1);
});

test('a machine outside the location of the last rebuild is reported even if the job has succeeded', () => {
  const book = [attempt(), attempt({ kind: 'rebuild', jobId: 'job-2', location: 'ams' })];
  const rebuilt = (state: 'succeeded' | 'failed', region: string) => {
    const rebuild = jobRow({ id: 'job-2', kind: 'rebuild', state, position: 2 });
    return misplaced(facts({ book, dump: { jobs: [...jobs, rebuild] }, made: [machine({ region })] }));
  };
  expect(rebuilt('succeeded', 'fra')).toEqual(['gf-srv-1-1 is in fra, but ams was requested.']);
  expect(rebuilt('succeeded', 'ams')).toEqual([]);
  expect(rebuilt('failed', 'fra')).toEqual([]);
});

test('a machine that outlives its failed server for longer than promised is reported', () => {
  const instant = (second: number) => new Date(second * 1000);
  const dump = {
    servers: [{ ...server, status: 'failed' as const, machineId: null }],
    jobs: [jobRow({ state: 'failed', finishedAt: instant(100) })],
  };
  const left = (from: number, until: number, orphanSeconds?: number) => {
    const life = { createdAt: instant(from).toISOString(), removedAt: instant(until).toISOString() };
    const promised = orphanSeconds === undefined ? {} : { orphanSeconds };
    return longOrphaned(facts({ dump, promised, made: [machine(life)] }));
  };
  expect(left(0, 220)).toEqual([]);
  expect(left(0, 221)).toEqual(['gf-srv-1-1 was left for 121 s after its server was failed.']);
  expect(left(0, 221, 121)).toEqual([]);
  expect(left(150, 260)).toEqual([]);
});

test('a machine that was ordered without a row or before it is reported, unless it was planted', () => {
  const row = machineRow({ name: 'gf-srv-1-1', createdAt: new Date(1000) });
  const reported = (at: number, changes: Partial<SimulatedMachine> = {}, machines = [row]) =>
    orderedWithoutRow(
      facts({ dump: { machines }, made: [machine({ createdAt: new Date(at).toISOString(), ...changes })] }),
    );
  expect(reported(500)).toEqual([]);
  expect(reported(499)).toEqual(['Machine gf-srv-1-1 was ordered before its row was written.']);
  expect(reported(1000, {}, [])).toHaveLength(1);
  expect(reported(1000, { client: 'control' }, [])).toEqual([]);
});
