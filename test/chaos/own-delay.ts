import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolution = 10;

/** From now until it is asked: the longest, in ms, that this process itself was late. That is the computer's part in what it measures. */
export function watchOwnDelay(): () => number {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return () => {
    histogram.disable();
    return Math.max(0, histogram.max / 1e6 - resolution);
  };
}
