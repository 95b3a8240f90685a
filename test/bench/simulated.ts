import { Agent } from 'node:http';
import { join } from 'node:path';
import { fixedPort } from '../chaos/fixed-port.ts';
import { until } from '../chaos/wait.ts';
import { simulatorControl } from '../simulator-control.ts';
import { send } from './http.ts';
import { ourPost, type RunningApi } from './ours.ts';
import type { Program } from './program.ts';
import type { Rig } from './rig.ts';

export interface RunningSimulator {
  readonly program: Program;
  readonly control: ReturnType<typeof simulatorControl>;
  /** The variables with which a worker uses it. */
  readonly env: Readonly<Record<string, string>>;
}

/** The simulator as `npm run simulator` starts it, with machines that boot in `bootSeconds` ± 50 %. */
export async function startSimulatorProcess(rig: Rig, bootSeconds: number): Promise<RunningSimulator> {
  const port = String(await fixedPort());
  const url = `http://127.0.0.1:${port}`;
  const env = {
    SIMULATOR_PORT: port,
    SIMULATOR_DATA: join(rig.folder, 'simulator.json'),
    SIMULATOR_BOOT_SECONDS: String(bootSeconds),
    SIMULATOR_VPN_SECONDS: '0',
    SIMULATOR_CREATE_MS: '0',
    SIMULATOR_LOCK_SECONDS: '0',
    SIMULATOR_SEED: 'bench',
    LOG_LEVEL: 'warn',
  };
  const program = rig.startNode('src/simulator.ts', { env });
  await until('the simulator', () =>
    fetch(`${url}/livez`)
      .then(({ ok }) => ok)
      .catch(() => false),
  );
  return { program, control: simulatorControl(`${url}/_sim`), env: { SIMULATOR_URL: `${url}/v2` } };
}

/** Buys this many servers over HTTP, all at once. Throws unless each is answered 202. */
export async function buyOverHttp({ port }: RunningApi, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const answers = await Promise.all(Array.from({ length: count }, (_, number) => send(agent, port, ourPost(number))));
  agent.destroy();
  const refused = answers.find(({ status }) => status !== 202);
  if (refused) throw new Error(`A purchase was answered ${refused.status}: ${refused.body}`);
}
