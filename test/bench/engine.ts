import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '#db/open.ts';
import type { CloudMachine, MachineSpec } from '#queues/ports/provider.ts';
import { workerConfig } from '#src/config/worker.ts';
import { boundHeapGrowth } from '#src/heap-growth.ts';
import { createLog } from '#src/log.ts';
import { measured } from '#src/metrics/measured.ts';
import { createWorkerMetrics } from '#src/metrics/worker.ts';
import { createHandshakeSocket } from '#src/vpn/handshake-socket.ts';
import { vpnKeysOf } from '#src/vpn/keys.ts';
import { createVpn } from '#src/vpn/server-vpn.ts';
import { startWorkerProcess } from '#src/worker/start-worker.ts';
import { keys, sealer } from '../secrets-key.ts';
import { answeringVpn, type BenchCloud, benchCloud } from './cloud.ts';
import { type LoopWatch, watchLoop } from './loop-block.ts';
import type { OrderedMachine } from './responder.ts';

/** How the engine of a bench works; the rest of its configuration is in the environment, as of every worker. */
export interface EngineOptions {
  /** How long an order at the cloud takes, in ms. */
  readonly workMs: number;
  /** Whether each machine is asked with a real handshake. */
  readonly handshakes: boolean;
}

/** The last line that an engine prints. */
export interface EngineReport {
  readonly ordered: number;
  readonly doubled: number;
  /** The longest blocks of the event loop since the engine was ready: see LoopWatch. */
  readonly blockMs: number;
  readonly blockCpuMs: number;
  readonly calls: BenchCloud['calls'];
  /** `[server, ms since 1970]` of each first call. */
  readonly firstCalls: readonly (readonly [string, number])[];
}

/** A real worker process whose cloud is in the process itself. It reports at SIGTERM. */
async function main({ workMs, handshakes }: EngineOptions): Promise<void> {
  boundHeapGrowth();
  const config = workerConfig();
  const log = createLog({ process: 'worker', level: config.logLevel });
  const metrics = createWorkerMetrics();
  const machines = handshakes ? startMachines() : null;
  const cloud = benchCloud({ workMs, ...(machines && { onOrder: machines.boot }) });
  const database = measured(await openDatabase(config.databaseUrl), metrics.transactionTook);
  const vpn = handshakes ? realVpn : answeringVpn;
  const loop = watchLoop();
  const host = { checkSending: async () => ({ ipv4: null, ipv6: null }), instance: 'bench', version: '0.0.0', keys };
  const worker = await startWorkerProcess({ config, database, provider: cloud, dns: null, vpn, log, metrics, ...host });
  loop.reset();
  print({ event: 'engine-ready' });
  process.once('SIGTERM', async () => {
    print({ event: 'engine-report', ...reportOf(cloud, loop) });
    await worker.close();
    machines?.stop();
    process.exit(0);
  });
}

function reportOf(cloud: BenchCloud, loop: LoopWatch): EngineReport {
  const { calls, firstCallAt } = cloud;
  return {
    ordered: cloud.ordered(),
    doubled: cloud.doubled(),
    blockMs: loop.longestMs(),
    blockCpuMs: loop.longestCpuMs(),
    calls,
    firstCalls: [...firstCallAt],
  };
}

const realVpn = createVpn({
  openKeys: (serverId, sealed) => vpnKeysOf(sealer.open(serverId, sealed)),
  probeAt: null,
  socket: createHandshakeSocket(),
});

/** The machines are a process of their own, as at a real cloud: their half of a handshake is not the worker's work. */
function startMachines() {
  // Without the engine's own arguments, which would end a process whose parent is not the bench.
  const child = fork(fileURLToPath(new URL('responder.ts', import.meta.url)), { execArgv: [] });
  const booting = new Map<string, () => void>();
  child.on('message', (ipv4: string) => booting.get(ipv4)?.());
  return {
    boot: async ({ ipv4 }: CloudMachine, { userData }: MachineSpec) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      booting.set(String(ipv4), resolve);
      child.send({ ipv4: String(ipv4), userData: userData ?? '' } satisfies OrderedMachine);
      await promise;
    },
    stop: () => child.disconnect(),
  };
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '{}'));
