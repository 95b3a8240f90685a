import { describe, expect, test } from 'vitest';
import { jobRow } from '../queues/jobs/scene.ts';
import { type Absences, dangling, wrongNames } from './names.ts';
import { facts, server } from './scene.ts';
import type { RecordChange, SimulatedMachine } from './simulated-cloud.ts';

const name = 'srv-1.vpn.internal';
const machine = (generation: number, upAt: number, goneAt: number | null): SimulatedMachine => ({
  id: `vps-${generation}`,
  key: 'k',
  serial: generation,
  cloud: 'vultr',
  label: `gf-srv-1-${generation}`,
  tags: [],
  region: 'fra',
  client: 'worker',
  state: 'active',
  ipv4: `192.0.2.${generation}`,
  createdAt: '',
  readyAt: new Date(upAt).toISOString(),
  removedAt: goneAt === null ? null : new Date(goneAt).toISOString(),
});
const change = (at: number, before: number | null, after: number | null): RecordChange => ({
  seq: at,
  at,
  name,
  type: 'A',
  before: before === null ? null : `192.0.2.${before}`,
  after: after === null ? null : `192.0.2.${after}`,
});
const none: Absences = { destroyRequestedAt: new Map(), jobs: [] };

test('a name that moves to a running machine before the old one is removed never dangles', () => {
  const machines = [machine(1, 5, 40), machine(2, 20, null)];
  expect(dangling([change(10, null, 1), change(30, 1, 2)], machines, none)).toEqual([]);
});

test.each<[string, RecordChange[], SimulatedMachine[], string]>([
  ['points at a booting machine', [change(10, null, 1)], [machine(1, 11, null)], 'while its machine did not run'],
  [
    'moves after its machine is gone',
    [change(10, null, 1), change(30, 1, 2)],
    [machine(1, 5, 29), machine(2, 20, null)],
    'while its machine did not run',
  ],
  [
    'is deleted and made again',
    [change(10, null, 1), change(20, 1, null), change(21, null, 1)],
    [machine(1, 5, null)],
    'pointed nowhere for 1 ms',
  ],
  ['points at a machine of another server', [change(10, null, 9)], [machine(1, 5, null)], 'pointed at 192.0.2.9'],
])('a name that %s is reported', (_, changes, machines, message) => {
  expect(dangling(changes, machines, none)).toEqual([expect.stringContaining(message)]);
});

describe('once a destroy was requested', () => {
  const changes = [change(10, null, 1), change(20, 1, null)];
  const requestedAt = (at: number): Absences => ({ ...none, destroyRequestedAt: new Map([['srv-1', at]]) });

  test.each([
    ['before its machine', 25],
    ['after it', 17],
  ])('a name may be removed %s', (_, goneAt) => {
    expect(dangling(changes, [machine(1, 5, goneAt)], requestedAt(16))).toEqual([]);
  });

  test('the time before the request is still judged', () => {
    expect(dangling(changes, [machine(1, 5, 15)], requestedAt(16))).toHaveLength(1);
    expect(dangling(changes, [machine(1, 5, 25)], requestedAt(21))).toEqual([
      'srv-1.vpn.internal pointed nowhere for 1 ms.',
    ]);
  });
});

describe('a name that is emptied', () => {
  const suspension = (from: number, until: number | null): Absences => ({
    ...none,
    jobs: [
      jobRow({
        kind: 'suspend',
        releasedAt: new Date(from),
        finishedAt: until === null ? null : new Date(until),
      }),
    ],
  });
  const machines = [machine(1, 5, 2_500), machine(2, 9_000, null)];
  const changes = [change(10, null, 1), change(2_000, 1, null), change(9_500, null, 2)];

  test('while a suspension runs is not reported, until it points at the next machine', () => {
    expect(dangling(changes, machines, suspension(1_900, 3_000))).toEqual([]);
    expect(dangling(changes, machines, suspension(1_900, null))).toEqual([]);
  });

  test('at another time is reported', () => {
    const message = ['srv-1.vpn.internal pointed nowhere for 7500 ms.'];
    expect(dangling(changes, machines, suspension(2_501, 3_000))).toEqual(message);
    expect(dangling(changes, machines, suspension(100, 1_499))).toEqual(message);
    const resumed = { ...none, jobs: [jobRow({ kind: 'resume', releasedAt: new Date(1_900) })] };
    expect(dangling(changes, machines, resumed)).toEqual(message);
  });
});

test('a missing, doubled or superfluous record is reported', () => {
  const record = (content: string) => ({ name: server.hostname, type: 'A', content });
  const { dump } = facts();
  expect(wrongNames(dump, [record('192.0.2.1')])).toEqual([]);
  expect(wrongNames(dump, [])).toHaveLength(1);
  expect(wrongNames(dump, [record('192.0.2.1'), record('192.0.2.1')])).toHaveLength(1);
  expect(wrongNames(dump, [record('192.0.2.1'), record('192.0.2.9')])).toHaveLength(1);
});
