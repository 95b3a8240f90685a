import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { refreshCatalogue } from '#queues/upkeep/catalogue.ts';
import { frugal } from '#src/start/child.ts';
import { fixedPort } from '../chaos/fixed-port.ts';
import { secretsKey } from '../secrets-key.ts';
import { benchCloud } from './cloud.ts';
import type { EngineOptions, EngineReport } from './engine.ts';
import type { Post } from './http.ts';
import type { Program } from './program.ts';
import type { Rig } from './rig.ts';

const token = 'bench-secret-of-at-least-24-characters';

/** What every process of ours gets; `extra` wins. */
function environment({ databaseUrl, redis }: Rig, extra: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...frugal,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    SECRETS_KEY: secretsKey,
    INSTALLATION: 'bench',
    ...extra,
  };
}

export interface RunningApi {
  readonly program: Program;
  readonly port: number;
}

/** The API as `npm run api` starts it, with its default log level. A worker has read the catalogue before. */
export async function startOurApi(rig: Rig, extra: Readonly<Record<string, string>> = {}): Promise<RunningApi> {
  await storeCatalogue(rig);
  const port = await fixedPort();
  const env = environment(rig, {
    PORT: String(port),
    API_TOKENS: `bench:operator:${token}`,
    RATE_LIMIT_PER_MINUTE: '1000000',
    RATE_LIMIT_PER_ADDRESS: '1000000',
    ...extra,
  });
  const program = rig.startNode('src/api.ts', { env });
  await program.until('api-listening');
  return { program, port };
}

async function storeCatalogue({ databaseUrl }: Rig): Promise<void> {
  const store = createStore(await openDatabase(databaseUrl));
  const provider = benchCloud({ workMs: 0 });
  await refreshCatalogue({ store, provider, now: () => new Date() }, AbortSignal.timeout(5_000));
  await store.close();
}

/** The parts of a request to our API with this body. */
export function asOperator(body: object): Pick<Post, 'headers' | 'body'> {
  return { headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) };
}

export function ourPost(number: number): Post {
  const { headers, body } = asOperator({ customer: `customer-${number}`, location: 'ewr' });
  return { path: '/v1/purchases', headers: { ...headers, 'idempotency-key': `bench-${number}` }, body };
}

/** `npm run worker` adds this to the nice value. */
export const workerNiceness = 10;

/** The worker as `npm run worker` starts it, but with the usual priority. */
export async function startOurWorker(rig: Rig, extra: Readonly<Record<string, string>>): Promise<Program> {
  const program = rig.startNode('src/worker.ts', { env: environment(rig, extra) });
  await program.until('worker-ready');
  return program;
}

export interface WorkerOptions extends EngineOptions {
  readonly concurrency: number;
  readonly niceness?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A worker whose cloud is in its own process. */
export async function startEngine(rig: Rig, started: WorkerOptions): Promise<Program> {
  const { concurrency, niceness = 0, env = {}, ...options } = started;
  const program = rig.startNode('test/bench/engine.ts', {
    args: [JSON.stringify(options)],
    niceness,
    env: environment(rig, { WORKER_CONCURRENCY: String(concurrency), ...env }),
  });
  await program.until('engine-ready');
  return program;
}

/** Stops an engine, or the worker of a peer, and returns its report. */
export async function stopWithReport(program: Program): Promise<EngineReport> {
  await program.stop();
  return (await program.until('engine-report')) as unknown as EngineReport;
}

/** How the rows of a contestant count its purchases, and those that are done. */
export interface Counts {
  readonly purchases: string;
  readonly done: string;
}

export const ourCounts: Counts = {
  purchases: 'SELECT count(*) AS n FROM purchases',
  done: "SELECT count(*) AS n FROM jobs WHERE state = 'succeeded'",
};
