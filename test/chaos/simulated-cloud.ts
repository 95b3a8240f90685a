import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { removedKept } from '#src/simulator/machine-store.ts';

const call = z.object({
  seq: z.number(),
  operation: z.string(),
  method: z.string(),
  path: z.string(),
  label: z.string().nullable(),
  machineId: z.string().nullable(),
  client: z.string(),
  status: z.number().nullable(),
  faults: z.array(z.string()),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
});
const machine = z
  .object({
    id: z.string(),
    serial: z.number(),
    cloud: z.string(),
    label: z.string(),
    tags: z.array(z.string()),
    region: z.string(),
    state: z.string(),
    ipv4: z.string().nullable(),
    createdAt: z.string(),
    readyAt: z.string().nullable(),
    removedAt: z.string().nullable(),
    /** The User-Agent that ordered it; `control`: it was planted. */
    client: z.string(),
  })
  // Only Vultr's ids are the simulator's own; the others number their machines.
  .transform(({ id, ...rest }) => ({ ...rest, key: id, id: rest.cloud === 'vultr' ? id : String(rest.serial) }));
const record = z.object({ name: z.string(), type: z.string(), content: z.string() });
const recordChange = z.object({
  ...{ seq: z.number(), at: z.number(), name: z.string(), type: z.string() },
  ...{ before: z.string().nullable(), after: z.string().nullable() },
});
const fault = z.object({ id: z.string(), kind: z.string(), used: z.number() });
export interface Planted {
  readonly label: string;
  readonly tags: readonly string[];
  readonly cloud?: 'vultr' | 'hetzner';
  readonly region?: string;
  readonly plan?: string;
}
export type CloudCall = z.infer<typeof call>;
export type SimulatedMachine = z.infer<typeof machine>;
export type SimulatedRecord = z.infer<typeof record>;
export type RecordChange = z.infer<typeof recordChange>;

/** The simulator's own word on what exists and what was asked of it: what the service believes is compared with this. */
export interface SimulatedCloud {
  /** Every machine that ever was; throws where the simulator has begun to forget those that are removed. */
  everMade(): Promise<SimulatedMachine[]>;
  /** Those that exist, and are paid for, now. */
  machines(): Promise<SimulatedMachine[]>;
  records(): Promise<SimulatedRecord[]>;
  /** Each change of a DNS record after `seq`, since the simulator was started. */
  recordChanges(since: number): Promise<RecordChange[]>;
  /** Those after `seq`, oldest first; the simulator keeps the last 20,000. */
  calls(since?: number): Promise<CloudCall[]>;
  /** Adds a rule (docs/simulator.md) and returns its id. */
  addFaultRule(rule: Record<string, unknown>): Promise<string>;
  /** How often the rule has struck. */
  timesInjected(id: string): Promise<number>;
  /** Resolves once the rule has struck; rejects after `withinMs` (3 min). */
  untilInjected(id: string, withinMs?: number): Promise<void>;
  clearFaultRules(): Promise<void>;
  /** Machines that nobody ordered through an API. */
  plant(machines: readonly Planted[]): Promise<SimulatedMachine[]>;
  /** Takes a machine away behind everybody's back. */
  vanish(machine: SimulatedMachine): Promise<void>;
  control(method: string, path: string, body?: unknown): Promise<unknown>;
}

const lookEveryMs = 25;

/** The control API below `url`, such as `http://127.0.0.1:3900/_sim`. */
export function openSimulatedCloud(url: string): SimulatedCloud {
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The simulator refused ${method} ${path}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const everMade = async () => {
    const { machines } = z.object({ machines: z.array(machine) }).parse(await control('GET', '/machines'));
    if (machines.filter(({ removedAt }) => removedAt !== null).length >= removedKept)
      throw new Error(`The simulator remembers ${removedKept} removed machines, and there were more.`);
    return machines;
  };
  const timesInjected = async (id: string) => {
    const { faults } = z.object({ faults: z.array(fault) }).parse(await control('GET', '/faults'));
    return faults.find((rule) => rule.id === id)?.used ?? 0;
  };
  return {
    everMade,
    machines: async () => (await everMade()).filter(({ removedAt }) => removedAt === null),
    records: async () => z.object({ records: z.array(record) }).parse(await control('GET', '/records')).records,
    recordChanges: async (since) =>
      z.object({ changes: z.array(recordChange) }).parse(await control('GET', `/record-changes?since=${since}`))
        .changes,
    calls: async (since = 0) =>
      z.object({ calls: z.array(call) }).parse(await control('GET', `/calls?since=${since}`)).calls,
    addFaultRule: async (rule) => z.object({ fault }).parse(await control('POST', '/faults', rule)).fault.id,
    timesInjected,
    untilInjected: async (id, withinMs = 180_000) => {
      const giveUpAt = performance.now() + withinMs;
      while ((await timesInjected(id)) === 0) {
        if (performance.now() > giveUpAt)
          throw new Error(`The fault ${id} timesInjected nothing within ${withinMs / 1000} s.`);
        await delay(lookEveryMs);
      }
    },
    plant: async (planted) =>
      z.object({ machines: z.array(machine) }).parse(await control('POST', '/machines', { machines: planted }))
        .machines,
    vanish: async ({ key }) => void (await control('DELETE', `/machines/${key}`)),
    clearFaultRules: async () => void (await control('DELETE', '/faults')),
    control,
  };
}
