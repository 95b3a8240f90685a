import { cores, cpuSecondsOf, machineCpu } from './machine.ts';

export interface Watched {
  /** Processes of the contestant. */
  readonly own: readonly number[];
  readonly redis: number;
  /** Other processes of the bench, besides this one. */
  readonly beside?: readonly number[];
}

export interface WindowFigures {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly redisCpuSeconds: number;
  /** The share of this machine's CPU that processes outside the bench took, from 0 to 1. */
  readonly othersShare: number;
}

/** Begins to measure; the returned function ends it. A process must run during the whole window. */
export function openWindow({ own, redis, beside = [] }: Watched): () => WindowFigures {
  const sum = (pids: readonly number[]) => pids.reduce((total, pid) => total + cpuSecondsOf(pid), 0);
  const read = () => ({
    at: performance.now(),
    own: sum(own),
    redis: sum([redis]),
    bench: sum([process.pid, ...beside]),
    machine: machineCpu(),
  });
  const begin = read();
  return () => {
    const end = read();
    const seconds = (end.at - begin.at) / 1000;
    const cpuSeconds = end.own - begin.own;
    const redisCpuSeconds = end.redis - begin.redis;
    const ours = cpuSeconds + redisCpuSeconds + end.bench - begin.bench;
    const used = end.machine.used - begin.machine.used + end.machine.steal - begin.machine.steal;
    const othersShare = Math.max(0, (used - ours) / (seconds * cores));
    return { seconds, cpuSeconds, redisCpuSeconds, othersShare };
  };
}
