import { expect, test } from 'vitest';
import { createCollector } from './cloud-watch.ts';
import type { RecordChange } from './simulated-cloud.ts';

const change = (seq: number): RecordChange => ({
  seq,
  at: seq,
  name: 'srv-1.vpn',
  type: 'A',
  before: null,
  after: null,
});

test('no change of a DNS record is missed after the simulator restarts and counts from 1 again', async () => {
  const simulator = { pid: 1 };
  let changes = [change(1), change(2)];
  const cloud = {
    calls: async () => [],
    recordChanges: async (since: number) => changes.filter(({ seq }) => seq > since),
  };
  const collector = createCollector({ cloud, simulator });
  await collector.read();
  [simulator.pid, changes] = [2, []];
  await collector.read();
  changes = [change(1)];
  await collector.read();
  expect(collector.history().changes.map(({ seq }) => seq)).toEqual([1, 2, 1]);
});
