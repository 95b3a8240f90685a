import { setTimeout as delay } from 'node:timers/promises';
import { peakMemoryMb } from './machine.ts';
import type { Contestant, Measure } from './measure.ts';
import { type Counts, ourCounts, startEngine, stopWithReport, type WorkerOptions } from './ours.ts';
import {
  byHandCounts,
  fillByHand,
  type PythonPeer,
  type PythonReport,
  peerFile,
  startByHandWorker,
  startPython,
} from './peers.ts';
import type { Program } from './program.ts';
import type { Rig } from './rig.ts';
import { openRows, type Rows } from './rows.ts';
import { seed } from './seed.ts';
import { openWindow } from './window.ts';

/** One worker finishes jobs that already wait. */
export interface DrainOptions extends WorkerOptions {
  readonly count: number;
  /** The share of the jobs that warm the worker up before the window opens; 0: measured from the first job on. */
  readonly warmShare: number;
  readonly withinMs: number;
  /** Worker processes that share the jobs, each with its own `concurrency`. Default 1. */
  readonly processes?: number;
}

export type Drained = Omit<Measure, 'scenario' | 'figure' | 'unit'> & {
  /** From the opening of the window to the last job. */
  readonly seconds: number;
};

export async function drainOurs(rig: Rig, options: DrainOptions): Promise<Drained> {
  await seed(rig, options.count);
  const engine = { contestant: 'ours', counts: ourCounts, databaseUrl: rig.databaseUrl } as const;
  return drainWith(rig, options, { ...engine, start: () => startEngine(rig, options) });
}

export async function drainByHand(rig: Rig, options: DrainOptions): Promise<Drained> {
  await fillByHand(rig, options.count);
  const databaseUrl = `file:${peerFile(rig)}`;
  const engine = { contestant: 'by-hand', counts: byHandCounts, databaseUrl } as const;
  return drainWith(rig, options, { ...engine, start: () => startByHandWorker(rig, options) });
}

interface Engine {
  readonly contestant: Contestant;
  readonly counts: Counts;
  readonly databaseUrl: string;
  readonly start: () => Promise<Program>;
}

async function drainWith(rig: Rig, options: DrainOptions, engine: Engine): Promise<Drained> {
  const { count, warmShare, withinMs, processes = 1 } = options;
  const rows = openRows(engine.databaseUrl);
  const programs = await Promise.all(Array.from({ length: processes }, engine.start));
  const opened = await untilDone(rows, engine.counts, { count: Math.ceil(count * warmShare), withinMs });
  const close = openWindow({ own: programs.map(({ pid }) => pid), redis: rig.redis.pid });
  const done = await untilDone(rows, engine.counts, { count, withinMs });
  const { seconds, cpuSeconds, redisCpuSeconds, othersShare } = close();
  const memoryMb = Math.max(...programs.map(({ pid }) => peakMemoryMb(pid)));
  const reports = await Promise.all(programs.map(stopWithReport));
  const ordered = reports.reduce((sum, report) => sum + report.ordered, 0);
  const finished = await rows.count(engine.counts.done);
  await rows.close();
  const measured = done - opened;
  return {
    contestant: engine.contestant,
    value: measured / seconds,
    seconds,
    cpuPer10k: (cpuSeconds / measured) * 10_000,
    redisCpuPer10k: (redisCpuSeconds / measured) * 10_000,
    memoryMb,
    blockMs: Math.max(...reports.map(({ blockMs }) => blockMs)),
    lost: count - finished,
    // Each process has a cloud of its own, which does not see the orders of the others.
    doubled: Math.max(0, ordered - count),
    othersShare,
  };
}

const lookEveryMs = 10;

/** Resolves with the number of finished jobs once it reaches `count`, or after the given time. */
export async function untilDone(
  rows: Rows,
  { done }: Counts,
  { count, withinMs }: { count: number; withinMs: number },
): Promise<number> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const finished = await rows.count(done);
    if (finished >= count || performance.now() > giveUpAt) return finished;
    await delay(lookEveryMs);
  }
}

/** A thread per purchase in `naive`, a pool of `concurrency` threads in `tuned`. */
export async function drainInPython(rig: Rig, peer: PythonPeer, options: DrainOptions): Promise<Drained> {
  const { count, concurrency, workMs } = options;
  const workSeconds = String(workMs / 1000);
  const more = { tuned: [String(concurrency), workSeconds], naive: [workSeconds, String(options.withinMs / 1000)] };
  const program = startPython(rig, peer, ['drain', String(count), ...more[peer]]);
  await program.until('window-opened');
  const close = openWindow({ own: [program.pid], redis: rig.redis.pid });
  const report = (await program.until('window-closed', 2 * options.withinMs)) as unknown as PythonReport;
  const { othersShare } = close();
  const { done = 0, doubled = 0, seconds, cpu, memoryMb } = report;
  return {
    contestant: peer,
    value: done / seconds,
    seconds,
    cpuPer10k: (cpu / count) * 10_000,
    memoryMb,
    lost: count - done,
    doubled,
    othersShare,
  };
}
