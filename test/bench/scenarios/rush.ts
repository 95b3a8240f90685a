import { Agent } from 'node:http';
import { send } from '../http.ts';
import type { Measure } from '../measure.ts';
import { ourCounts, ourPost, startEngine, startOurApi, workerNiceness } from '../ours.ts';
import { type Rig, withRig } from '../rig.ts';
import { openRows } from '../rows.ts';
import type { Scenario } from '../scenario.ts';
import { seed } from '../seed.ts';
import { quantile } from '../statistics.ts';

const apis = 2;
const workers = 2;
const atOnce = 2_000;
const warmUp = 500;
/** Jobs that keep the workers busy meanwhile. */
const backlog = 5_000;
const workerOptions = { workMs: 50, handshakes: false, concurrency: 50, niceness: workerNiceness } as const;

/** Everybody buys at the same moment, at several API processes beside workers that settle. */
export const rush: Scenario = {
  name: 'rush',
  about: `${atOnce.toLocaleString('en-US')} purchases at once at ${apis} APIs, while ${workers} workers settle; none may be refused`,
  passes: 1,
  run: ({ postgres }) => withRig(postgres, buyAtOnce),
};

async function buyAtOnce(rig: Rig): Promise<Measure[]> {
  await seed(rig, backlog);
  const ports = await Promise.all(Array.from({ length: apis }, async () => (await startOurApi(rig)).port));
  await Promise.all(Array.from({ length: workers }, () => startEngine(rig, workerOptions)));
  let number = 0;
  const buy = async (agent: Agent) => {
    number += 1;
    const askedAt = performance.now();
    const { status } = await send(agent, ports[number % apis] ?? 0, ourPost(number));
    return { status, ms: performance.now() - askedAt };
  };
  const warm = new Agent({ keepAlive: true, maxSockets: 32 });
  await Promise.all(Array.from({ length: warmUp }, () => buy(warm)));
  const crowd = new Agent({ keepAlive: false });
  const answers = await Promise.all(Array.from({ length: atOnce }, () => buy(crowd)));
  for (const agent of [warm, crowd]) agent.destroy();
  const accepted = warmUp + answers.filter(({ status }) => status === 202).length;
  const rows = openRows(rig.databaseUrl);
  const bought = (await rows.count(ourCounts.purchases)) - backlog;
  await rows.close();
  const times = answers.map(({ ms }) => ms);
  const sound = { lost: Math.max(0, accepted - bought), doubled: Math.max(0, bought - accepted) };
  const measure = (figure: string, value: number, unit: Measure['unit']): Measure => ({
    scenario: 'rush',
    contestant: 'ours',
    figure: `rush: ${figure}`,
    value,
    unit,
    ...sound,
  });
  return [
    measure('refused', answers.filter(({ status }) => status !== 202).length, 'count'),
    measure('p50', quantile(times, 0.5), 'ms'),
    measure('p99', quantile(times, 0.99), 'ms'),
  ];
}
