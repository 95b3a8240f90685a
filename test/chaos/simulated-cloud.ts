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
    /** The User-Agent of the order, or `control` if it was planted through the control API. */
    client: z.string(),
  })
  // Only Vultr uses the simulator's own ids; the other clouds number their machines.
  .transform(({ id, ...rest }) => ({ ...rest, key: id, id: rest.cloud === 'vultr' ? id : String(rest.serial) }));
const record = z.object({ name: z.string(), type: z.string(), content: z.string() });
const recordChange = z.object({
  seq: z.number(),
  at: z.number(),
  name: z.string(),
  type: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
const faultRule = z.object({ id: z.string(), kind: z.string(), used: z.number() });

const machinesAnswer = z.object({ machines: z.array(machine) });
const recordsAnswer = z.object({ records: z.array(record) });
const changesAnswer = z.object({ changes: z.array(recordChange) });
const callsAnswer = z.object({ calls: z.array(call) });
const addedAnswer = z.object({ fault: faultRule });
const rulesAnswer = z.object({ faults: z.array(faultRule) });

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

/** The simulator's record of all machines, DNS records and calls, for comparison with the service's state. */
export interface SimulatedCloud {
  /** Every machine that was ever made. Throws once the simulator has forgotten removed ones. */
  everMade(): Promise<SimulatedMachine[]>;
  /** The machines that exist and cost money now. */
  machines(): Promise<SimulatedMachine[]>;
  records(): Promise<SimulatedRecord[]>;
  /** The changes of DNS records after `seq`, since the simulator was started. */
  recordChanges(since: number): Promise<RecordChange[]>;
  /** The calls after `seq`, oldest first. The simulator keeps the last 20,000. */
  calls(since?: number): Promise<CloudCall[]>;
  /** Adds a fault rule (docs/simulator.md) and returns its id. */
  addFaultRule(rule: Record<string, unknown>): Promise<string>;
  /** The number of calls that the rule was applied to. */
  timesInjected(ruleId: string): Promise<number>;
  /** Resolves once the rule was applied to a call; rejects after `withinMs` (3 min). */
  untilInjected(ruleId: string, withinMs?: number): Promise<void>;
  clearFaultRules(): Promise<void>;
  /** Makes machines without an order through a cloud API. */
  plant(machines: readonly Planted[]): Promise<SimulatedMachine[]>;
  /** Removes a machine without a call of a cloud API. */
  vanish(machine: SimulatedMachine): Promise<void>;
}

type Control = (method: string, path: string, body?: unknown) => Promise<unknown>;

const lookEveryMs = 25;

/** Opens the control API at `url`, such as `http://127.0.0.1:3900/_sim`. */
export function openSimulatedCloud(url: string): SimulatedCloud {
  const control: Control = async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The simulator refused ${method} ${path}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  return { ...recorded(control), ...faultRules(control), ...machineChanges(control) };
}

function recorded(
  control: Control,
): Pick<SimulatedCloud, 'everMade' | 'machines' | 'records' | 'recordChanges' | 'calls'> {
  const get = (path: string) => control('GET', path);
  const everMade = async () => {
    const { machines } = machinesAnswer.parse(await get('/machines'));
    if (machines.filter(({ removedAt }) => removedAt !== null).length >= removedKept)
      throw new Error(`The simulator keeps only ${removedKept} removed machines, and there were more.`);
    return machines;
  };
  return {
    everMade,
    machines: async () => (await everMade()).filter(({ removedAt }) => removedAt === null),
    records: async () => recordsAnswer.parse(await get('/records')).records,
    recordChanges: async (since) => changesAnswer.parse(await get(`/record-changes?since=${since}`)).changes,
    calls: async (since = 0) => callsAnswer.parse(await get(`/calls?since=${since}`)).calls,
  };
}

function faultRules(
  control: Control,
): Pick<SimulatedCloud, 'addFaultRule' | 'timesInjected' | 'untilInjected' | 'clearFaultRules'> {
  const timesInjected = async (ruleId: string) => {
    const { faults: rules } = rulesAnswer.parse(await control('GET', '/faults'));
    return rules.find(({ id }) => id === ruleId)?.used ?? 0;
  };
  return {
    addFaultRule: async (rule) => addedAnswer.parse(await control('POST', '/faults', rule)).fault.id,
    timesInjected,
    untilInjected: async (ruleId, withinMs = 180_000) => {
      const giveUpAt = performance.now() + withinMs;
      while ((await timesInjected(ruleId)) === 0) {
        if (performance.now() > giveUpAt)
          throw new Error(`The fault rule ${ruleId} was applied to no call within ${withinMs / 1000} s.`);
        await delay(lookEveryMs);
      }
    },
    clearFaultRules: async () => void (await control('DELETE', '/faults')),
  };
}

function machineChanges(control: Control): Pick<SimulatedCloud, 'plant' | 'vanish'> {
  return {
    plant: async (machines) => machinesAnswer.parse(await control('POST', '/machines', { machines })).machines,
    vanish: async ({ key }) => void (await control('DELETE', `/machines/${key}`)),
  };
}
