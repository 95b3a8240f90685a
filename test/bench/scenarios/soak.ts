import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { memoryMb, openFiles, walMb } from '../../process-sizes.ts';
import { withRedis } from '../../redis.ts';
import { type Post, send } from '../http.ts';
import type { Measure } from '../measure.ts';
import { asOperator, ourCounts, ourPost, type RunningApi, startEngine, startOurApi, stopWithReport } from '../ours.ts';
import type { Program } from '../program.ts';
import { type Rig, withRig } from '../rig.ts';
import { openRows } from '../rows.ts';
import type { Scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';

const minutes = 30;
const purchasesPerSecond = 100;
const rebuiltAfterMs = 20_000;
const destroyedAfterMs = 60_000;
/** Every fifth server is rebuilt before it is destroyed. */
const rebuiltOneIn = 5;
/** A busy API may refuse connections. */
const repeatedAfterMs = 1_000;
const mostTries = 60;
const sampleEveryMs = 5_000;
/** Longer than the last server lives, and its destroy takes. */
const endsWithinMs = 120_000;

/** Steady business for a long time: what grows with time instead of load shows here. */
export const soak: Scenario = {
  name: 'soak',
  about: `only with --only soak: ${minutes} minutes of ${purchasesPerSecond} purchases a second, each destroyed after a minute and every fifth rebuilt before: what grows`,
  passes: 1,
  onlyNamed: true,
  run: ({ postgres }) => withRig(postgres, runSteadily),
};

async function runSteadily(rig: Rig): Promise<Measure[]> {
  const api = await startOurApi(rig);
  // A destroy looks at the next listing, which comes after 5 s.
  const worker = await startEngine(rig, { workMs: 0, handshakes: false, concurrency: 1_000 });
  const load = keepBuying(api);
  const samples: Sample[] = [];
  const endsAt = performance.now() + minutes * 60_000;
  while (performance.now() < endsAt) {
    await delay(sampleEveryMs);
    samples.push(await sample(rig, api, worker));
  }
  const { accepted, refused, failed } = await load.stop();
  const rows = openRows(rig.databaseUrl);
  const giveUpAt = performance.now() + endsWithinMs;
  const left = () => rows.count("SELECT count(*) AS n FROM servers WHERE status <> 'destroyed'");
  while ((await left()) > 0 && performance.now() < giveUpAt) await delay(500);
  const lost = Math.max(0, accepted - (await rows.count(ourCounts.purchases))) + (await left()) + failed;
  await rows.close();
  const { doubled } = await stopWithReport(worker);
  return figuresOf(samples, refused).map(([figure, value, unit]) => {
    const name = `soak: ${figure}`;
    return { scenario: 'soak', contestant: 'ours', figure: name, value, unit, lost, doubled };
  });
}

/** Buys at a steady rate; each server is destroyed later. `stop` resolves when every server has been destroyed. */
function keepBuying({ port }: RunningApi) {
  const agent = new Agent({ keepAlive: true });
  const counts = { accepted: 0, refused: 0, failed: 0 };
  const lives = new Set<Promise<void>>();
  /** Repeats the request until it is accepted, as a shop would; all of them can be repeated. */
  const ask = async (request: Post) => {
    for (let tries = 1; ; tries += 1) {
      const answer = await send(agent, port, request).catch(() => null);
      if (answer?.status === 202) return answer;
      counts.refused += 1;
      if (tries === mostTries) throw new Error(`${request.path} was refused ${mostTries} times.`);
      await delay(repeatedAfterMs);
    }
  };
  const live = async (number: number) => {
    const { body } = await ask(ourPost(number));
    counts.accepted += 1;
    const path = `/v1/servers/${(JSON.parse(body) as { server: { id: string } }).server.id}`;
    await delay(rebuiltAfterMs);
    if (number % rebuiltOneIn === 0) await ask({ path: `${path}/rebuild`, ...asOperator({ location: 'ams' }) });
    await delay(destroyedAfterMs - rebuiltAfterMs);
    await ask({ method: 'DELETE', path, ...asOperator({}) });
  };
  const startedAt = performance.now();
  let begun = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * purchasesPerSecond;
    for (; begun < due; begun += 1) {
      const life = live(begun)
        .catch(() => {
          counts.failed += 1;
        })
        .finally(() => lives.delete(life));
      lives.add(life);
    }
  }, 10);
  const stop = async () => {
    clearInterval(timer);
    await Promise.all(lives);
    agent.destroy();
    return counts;
  };
  return { stop };
}

interface Sample {
  readonly api: number;
  readonly worker: number;
  readonly redis: number;
  readonly keys: number;
  readonly files: number;
  readonly wal: number;
}

async function sample(rig: Rig, api: RunningApi, worker: Program): Promise<Sample> {
  const file = rig.databaseUrl.startsWith('file:') ? rig.databaseUrl.slice('file:'.length) : null;
  return {
    api: memoryMb(api.program.pid),
    worker: memoryMb(worker.pid),
    redis: memoryMb(rig.redis.pid),
    keys: await withRedis(rig.redis, (connection) => connection.dbsize()),
    files: openFiles(api.program.pid) + openFiles(worker.pid),
    // Postgres has no such file.
    wal: file === null ? 0 : walMb(file),
  };
}

type Figure = readonly [name: string, value: number, unit: Measure['unit']];

/** The first sixth of the time warms up. The second sixth is the beginning, the last one the end. */
function figuresOf(samples: readonly Sample[], refused: number): Figure[] {
  const sixth = Math.floor(samples.length / 6);
  const median = (name: keyof Sample, from: number) =>
    quantile(
      samples.slice(from * sixth, (from + 1) * sixth).map((one) => one[name]),
      0.5,
    );
  const grown = (label: string, name: keyof Sample): Figure[] => [
    [`${label}, end to beginning`, median(name, 5) / median(name, 1), 'ratio'],
    [`${label} at the end`, median(name, 5), ['api', 'worker', 'redis'].includes(name) ? 'MB' : 'count'],
  ];
  return [
    ['refused', refused, 'count'],
    ...grown('memory of the API', 'api'),
    ...grown('memory of the worker', 'worker'),
    ...grown('memory of Redis', 'redis'),
    ...grown('Redis keys', 'keys'),
    ...grown('open files', 'files'),
    ['largest WAL', Math.max(...samples.map(({ wal }) => wal)), 'MB'],
  ];
}
