import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { workerConfig } from '#src/config/worker.ts';
import { createLog } from '#src/log.ts';
import { createWorkerMetrics } from '#src/metrics/worker.ts';
import { startWorkerProcess } from '#src/worker/start-worker.ts';
import { keys, secretsKey } from '../../secrets-key.ts';
import { answeringVpn, type BenchCloud, benchCloud } from '../cloud.ts';
import { untilDone } from '../drain.ts';
import type { Measure } from '../measure.ts';
import { ourCounts, startEngine, stopWithReport } from '../ours.ts';
import { countCommands, sumOf } from '../redis-commands.ts';
import { type Rig, withRig } from '../rig.ts';
import { openRows } from '../rows.ts';
import { seedInBulk } from '../scale.ts';
import type { Scenario } from '../scenario.ts';
import { openShop, type Shop } from '../seed.ts';
import { collectPrepared, divide, fullScans, isSettle } from '../statements.ts';

const jobs = 50;
const sweptJobs = 100_000;
/** Longer than two sweeps. */
const sweepForMs = 8_000;

/** What the work costs in statements, commands, calls and scans. Counts, so that a busy machine changes nothing. */
export const structure: Scenario = {
  name: 'structure',
  about: `counts statements, Redis commands, calls and full scans of ${jobs} purchases, and the sweep at 100,000 waiting`,
  passes: 1,
  run: async ({ note }) => {
    const { counted, scans } = await withRig(null, countWork);
    for (const scan of scans) note(`  ${scan}`);
    counted.set("sweep's longest block at 100,000 waiting, CPU ms", await withRig(null, sweepBlockMs));
    return [...counted].map(
      ([figure, value]): Measure => ({ scenario: 'structure', figure, contestant: 'ours', value, unit: 'count' }),
    );
  },
};

/** One purchase after the other, then one worker in this process that finishes them. */
async function countWork(rig: Rig): Promise<{ counted: Map<string, number>; scans: string[] }> {
  const prepared = collectPrepared();
  const trace: string[] = [];
  const commands = await countCommands(rig.redis.url);
  const shop = await openShop(rig, { trace: (statement) => trace.push(statement) });
  await buyOneByOne(shop, 2);
  trace.splice(0);
  await commands.take();
  await buyOneByOne(shop, jobs);
  const bought = divide(trace.splice(0));
  const publishing = await commands.take();
  const { ran, cloud } = await workOff(rig, jobs + 2);
  const working = await commands.take();
  await askAsTheApi(rig);
  const done = jobs + 2;
  prepared.stop();
  commands.close();
  await shop.close();
  const settles = ran.transactions.filter(isSettle);
  const scans = fullScans(rig.databaseUrl.slice('file:'.length), prepared.texts);
  const counted = new Map([
    ['SQL statements per purchase', bought.transactions.flat().length / jobs],
    ['transactions per purchase', bought.transactions.length / jobs],
    ['transactions per job in the worker', settles.length / done],
    ['SQL statements per settle', settles.flat().length / settles.length],
    ['SQL statements per job outside its transaction', rounded(aboutJobs(ran.alone) / done)],
    ['Redis commands per purchase', rounded(sumOf(publishing) / jobs)],
    ['Redis commands per job', rounded(sumOf(working) / done)],
    ['calls of the provider per create', rounded(callsPerCreate(cloud))],
    ['statements with a full scan', scans.length],
  ]);
  return { counted, scans };
}

async function buyOneByOne({ buy, connection }: Shop, count: number): Promise<void> {
  const target = (await connection.queue.getWaitingCount()) + count;
  for (let left = count; left > 0; left -= 1) await buy();
  while ((await connection.queue.getWaitingCount()) < target) await delay(10);
}

/** A real worker in this process, whose statements are traced. It stops once the jobs are done. */
async function workOff(rig: Rig, count: number) {
  const trace: string[] = [];
  const config = workerConfig({
    DATABASE_URL: rig.databaseUrl,
    REDIS_URL: rig.redis.url,
    SECRETS_KEY: secretsKey,
    INSTALLATION: 'bench',
    WORKER_CONCURRENCY: '10',
  });
  const log = createLog({ process: 'worker', level: 'silent' });
  const database = await openDatabase(rig.databaseUrl, { trace: (statement) => trace.push(statement) });
  const cloud = benchCloud({ workMs: 0 });
  const host = { checkSending: async () => ({ ipv4: null, ipv6: null }), instance: 'bench', version: '0.0.0', keys };
  const rest = { dns: null, vpn: answeringVpn, log, metrics: createWorkerMetrics() };
  const worker = await startWorkerProcess({ config, database, provider: cloud, ...rest, ...host });
  const rows = openRows(rig.databaseUrl);
  const done = await untilDone(rows, ourCounts, { count, withinMs: 60_000 });
  await rows.close();
  await worker.close();
  if (done !== count) throw new Error(`Only ${done} of ${count} jobs were done within a minute.`);
  return { ran: divide(trace), cloud };
}

/** The other commands, and the reads that the API repeats. Their statements are collected, and not counted. */
async function askAsTheApi({ databaseUrl }: Rig): Promise<void> {
  const store = createStore(await openDatabase(databaseUrl));
  const now = new Date();
  const actor = { requestedBy: 'key:bench', requestId: null, now } as const;
  const command = { idempotency: null, answer: () => null };
  const [server] = await store.readServers({ limit: 1 });
  if (!server) throw new Error('There is no server.');
  const { id } = server.server;
  await store.recordRebuild({ serverId: id, location: null }, actor, command);
  await store.recordDestroy(id, actor, command);
  await store.readServer(id);
  await store.readHistory(id, 0, 10);
  await store.readJobs({ state: 'released', limit: 10 });
  await store.readJobs({ kind: 'create', limit: 10 });
  await store.readTroubles({ unservedSince: now, slowSince: now });
  await store.readFigures();
  await store.close();
}

/** Statements that name a job, a server or a machine. */
function aboutJobs(statements: readonly string[]): number {
  return statements.filter((statement) => /'(job|srv|mac)-/.test(statement)).length;
}

/** Without the calls of the upkeep, which do not depend on the number of jobs. */
function callsPerCreate({ calls }: BenchCloud): number {
  const { list: _, catalogue: __, ...ofJobs } = calls;
  return Object.values(ofJobs).reduce((sum, count) => sum + count, 0) / (jobs + 2);
}

/** A worker whose only job takes longer than the measurement: what remains is its sweep. */
async function sweepBlockMs(rig: Rig): Promise<number> {
  await seedInBulk(rig, sweptJobs);
  const program = await startEngine(rig, { workMs: 600_000, handshakes: false, concurrency: 1 });
  await delay(sweepForMs);
  return rounded((await stopWithReport(program)).blockCpuMs);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
