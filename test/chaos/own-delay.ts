import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolution = 10;

/**
 * Returns a function that stops the measurement and returns this process's largest event loop delay since now, in ms.
 * That delay is the computer's share in the times that this process measures.
 */
export function watchOwnDelay(): () => number {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  return () => {
    histogram.disable();
    return Math.max(0, histogram.max / 1e6 - resolution);
  };
}
