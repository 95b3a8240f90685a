import { jobRow, machineRow, serverRow } from '../queues/jobs/scene.ts';
import type { Attempt } from './attempt.ts';
import type { Facts } from './facts.ts';
import type { SimulatedMachine } from './simulated-cloud.ts';

export const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  kind: 'purchase',
  key: 'key-1',
  askedAt: 0,
  location: 'fra',
  serverId: 'srv-1',
  jobId: 'job-1',
  outcome: 'acknowledged',
  tries: 1,
  slowestMs: 1,
  why: null,
  ...changes,
});
export const machine = (changes: Partial<SimulatedMachine> = {}): SimulatedMachine => ({
  id: 'vps-1',
  key: 'simulator',
  serial: 1,
  cloud: 'vultr',
  label: 'gf-srv-1-1',
  tags: [],
  state: 'active',
  region: 'fra',
  client: 'worker',
  ipv4: '192.0.2.1',
  createdAt: '',
  readyAt: '',
  removedAt: null,
  ...changes,
});
export const server = serverRow({ status: 'running', machineId: 'mac-1', reference: 'key-1' });
const current = machineRow({
  id: 'mac-1',
  state: 'current',
  providerId: 'vps-1',
  ipv4: '192.0.2.1',
  ipv6: null,
});
export const jobs = [jobRow({ id: 'job-1', state: 'succeeded' })];

/** One purchase whose server has the requested state. */
export function facts({
  dump = {},
  ...changes
}: { dump?: Partial<Facts['dump']> } & Partial<Omit<Facts, 'dump'>> = {}): Facts {
  return {
    dump: { servers: [server], machines: [current], jobs, ...dump },
    made: [machine()],
    book: [attempt()],
    promised: {},
    ...changes,
  };
}
