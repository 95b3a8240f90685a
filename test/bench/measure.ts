/** Who did the work. The peers are small programs that do the same job in the way one would first write it. */
export const contestants = ['ours', 'by-hand', 'tuned', 'naive'] as const;
export type Contestant = (typeof contestants)[number];

/** One figure of one pass. */
export interface Measure {
  readonly scenario: string;
  /** What was measured, such as `drain` or `drain at 10,000 waiting`. Unique with the contestant. */
  readonly figure: string;
  readonly contestant: Contestant;
  readonly value: number;
  readonly unit: '/s' | 's' | 'ms' | 'µs' | 'MB' | 'count' | 'ratio';
  /** CPU seconds of the contestant's own processes for 10,000 jobs, without Redis; null: not measured. */
  readonly cpuPer10k?: number;
  /** The CPU seconds of Redis for 10,000 jobs. */
  readonly redisCpuPer10k?: number;
  /** The largest resident memory of the contestant's process. */
  readonly memoryMb?: number;
  /** The longest time during which the event loop of the contestant did not turn. */
  readonly blockMs?: number;
  /** Work that was accepted and not done. */
  readonly lost?: number;
  /** Work that was done twice. */
  readonly doubled?: number;
  /** The share of this machine's CPU that other processes took, from 0 to 1. */
  readonly othersShare?: number;
}

/** From this share of the CPU on, other processes make a figure unreliable. */
export const noisyShare = 0.1;

export function isNoisy({ othersShare = 0 }: Measure): boolean {
  return othersShare > noisyShare;
}

export function isSound({ lost = 0, doubled = 0 }: Measure): boolean {
  return lost === 0 && doubled === 0;
}

/** Whether a smaller value is the better one. */
export function isLowBetter({ unit }: Pick<Measure, 'unit'>): boolean {
  return unit !== '/s' && unit !== 'ratio';
}
