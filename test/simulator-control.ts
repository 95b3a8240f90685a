/** A machine in the simulator's control API. */
export interface SimulatedMachine {
  readonly id: string;
  readonly label: string;
  readonly client: string;
  readonly state: string;
  readonly ipv4: string;
  readonly removedAt: string | null;
}

/** A record of the simulated DNS. */
export interface SimulatedRecord {
  readonly name: string;
  readonly type: string;
  readonly content: string;
}

export interface SimulatedCall {
  readonly seq: number;
  readonly operation: string;
  /** The path with its query. */
  readonly path: string;
  readonly label: string | null;
  readonly status: number | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

interface Concurrency {
  readonly current: number;
  readonly max: number;
  readonly clients: readonly { client: string; max: number }[];
}

/** The control API of a simulator. */
export interface SimulatorControl {
  /** The machines that exist now. */
  machines(): Promise<SimulatedMachine[]>;
  /** The DNS records that exist now. */
  records(): Promise<SimulatedRecord[]>;
  calls(): Promise<SimulatedCall[]>;
  concurrency(): Promise<Concurrency>;
  /** Adds a fault rule (docs/simulator.md). */
  fault(rule: Record<string, unknown>): Promise<void>;
}

export function simulatorControl(url: string): SimulatorControl {
  const get = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();
  return {
    machines: async () => {
      const { machines } = (await get('/machines')) as { machines: SimulatedMachine[] };
      return machines.filter(({ removedAt }) => removedAt === null);
    },
    records: async () => ((await get('/records')) as { records: SimulatedRecord[] }).records,
    calls: async () => ((await get('/calls')) as { calls: SimulatedCall[] }).calls,
    concurrency: async () => (await get('/concurrency')) as Concurrency,
    fault: async (rule) => {
      const answer = await fetch(`${url}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(rule),
      });
      if (!answer.ok) throw new Error(`The simulator refused the fault rule: ${await answer.text()}`);
    },
  };
}
