import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';
import { killCaller, slowListings } from './kill-caller.ts';
import { machinesOf, nameOf, phases, serverOf } from './life.ts';

const [first] = phases;
const later = ['acted', 'answered'] as const;

const fourTimes: Scenario = {
  id: 'crash-four-times',
  about: 'a job whose worker is killed four times, at random before or after the order',
  runs: { full: 8, quick: 0 },
  atOnce: 4,
  setting: { concurrency: 1 },
  promise: { worstSeconds: 20 },
  run: async (stage) => {
    const { installation, random } = stage;
    const { cloud, shop } = installation;
    await cloud.addFaultRule(slowListings);
    const id = serverOf(await shop.buy());
    for (let times = 0; times < 4; times++) {
      const isMade = (await machinesOf(cloud, id)).length > 0;
      const operation = isMade ? 'list' : random.pick(['list', 'create']);
      // A listing that has begun is past 'arrived'.
      const when = random.pick(operation === 'list' ? later : [...later, 'arrived' as const]);
      await killCaller(stage, { operation, when, label: nameOf(id, first) }, id);
    }
    await shop.until(id, 'running');
  },
};

const bystanders = 6;

/** With one worker process, so that each crash interrupts all running jobs. */
const forEver: Scenario = {
  id: 'crash-loop',
  about: 'a job that always kills its worker is parked; the jobs that it interrupts each time are completed',
  runs: { full: 2, quick: 0 },
  setting: { workers: 1, simulatorEnv: { SIMULATOR_BOOT_SECONDS: '25', SIMULATOR_BOOT_JITTER: '0.2' } },
  promise: { mayFail: true, alertsLeft: ['parked-job', 'paid-without-server'] },
  run: async (stage) => {
    const { shop, cloud } = stage.installation;
    const before = await Promise.all(Array.from({ length: bystanders }, () => shop.buy()));
    const poison = await shop.buy();
    const id = serverOf(poison);
    const match = { label: nameOf(id, first) };
    await cloud.untilInjected(await cloud.addFaultRule({ kind: 'kill', operation: 'create', when: 'acted', match }));
    await cloud.addFaultRule({ kind: 'kill', operation: 'list', when: 'arrived', match, times: null });
    await shop.until(id, 'failed', 240_000);
    for (const attempt of before) await shop.until(serverOf(attempt), 'running');
    await untilParked(stage, poison.jobId);
    await until(
      'the removal of the machine of the parked job',
      async () => (await machinesOf(cloud, id)).length === 0,
      120_000,
    );
  },
};

async function untilParked({ installation }: Stage, jobId: string | null): Promise<void> {
  await until('the alert parked-job', async () => {
    const alerts = await installation.shop.alerts();
    return alerts?.some(({ kind, subject }) => kind === 'parked-job' && subject === jobId) ?? null;
  });
}

export const crashLoops: readonly Scenario[] = [fourTimes, forEver];
