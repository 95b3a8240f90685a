import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { SimulatorOptions } from '#src/simulator/options.ts';
import { type Simulator, startSimulator } from '#src/simulator/start-simulator.ts';

const callSchema = z.object({
  seq: z.int(),
  method: z.string(),
  path: z.string(),
  operation: z.string(),
  label: z.string().nullable(),
  machineId: z.string().nullable(),
  client: z.string(),
  status: z.int().nullable(),
  faults: z.array(z.string()),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
});
const machineSchema = z.object({
  id: z.string(),
  label: z.string(),
  tags: z.array(z.string()),
  ipv4: z.string(),
  state: z.enum(['installing', 'active', 'removed']),
  listed: z.boolean(),
  removedAt: z.string().nullable(),
});
const loadSchema = z.object({
  current: z.int(),
  max: z.int(),
  clients: z.array(z.object({ client: z.string(), current: z.int(), max: z.int() })),
});

/** A simulator with its control API as functions. */
export interface RunningSimulator extends Simulator {
  injectFault(rule: object): Promise<void>;
  control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  calls(since?: number): Promise<readonly z.infer<typeof callSchema>[]>;
  machines(): Promise<readonly z.infer<typeof machineSchema>[]>;
  load(): Promise<z.infer<typeof loadSchema>>;
}

/** Starts a simulator on a free port, in memory and without delays. It stops at the end of the test. */
export async function runSimulator(options: Partial<SimulatorOptions> = {}): Promise<RunningSimulator> {
  const instant = { bootMs: 0, bootJitter: 0, vpnMs: 0, createMs: 0, lockMs: 0, apiKeys: ['simulator'] };
  const simulator = await startSimulator({ host: '127.0.0.1', port: 0, dataFile: null, ...instant, ...options });
  onTestFinished(() => simulator.close());
  const control = controlOf(simulator.controlUrl);
  return {
    ...simulator,
    control,
    async injectFault(rule) {
      const { status, body } = await control('POST', '/faults', rule);
      if (status !== 201) throw new Error(`The rule was refused: ${JSON.stringify(body)}`);
    },
    async calls(since = 0) {
      const { body } = await control('GET', `/calls?since=${since}`);
      return z.object({ calls: z.array(callSchema) }).parse(body).calls;
    },
    async machines() {
      const { body } = await control('GET', '/machines');
      return z.object({ machines: z.array(machineSchema) }).parse(body).machines;
    },
    load: async () => loadSchema.parse((await control('GET', '/concurrency')).body),
  };
}

function controlOf(controlUrl: string): RunningSimulator['control'] {
  return async (method, path, body) => {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${controlUrl}${path}`, { method, ...json });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
}
