const everyMs = 10;

export interface LoopWatch {
  /** The longest time that the event loop was blocked. Includes time in which other processes had the CPU. */
  longestMs(): number;
  /** The largest CPU time of the loop's thread between two turns. Other processes do not affect it. */
  longestCpuMs(): number;
  /** Forgets what was before. */
  reset(): void;
  stop(): void;
}

/** Measures how late a timer of 10 ms is. */
export function watchLoop(): LoopWatch {
  const read = () => ({ at: performance.now(), cpuMs: threadCpuMs() });
  let [last, longest, longestCpu] = [read(), 0, 0];
  const timer = setInterval(() => {
    const now = read();
    longest = Math.max(longest, now.at - last.at - everyMs);
    longestCpu = Math.max(longestCpu, now.cpuMs - last.cpuMs - everyMs);
    last = now;
  }, everyMs);
  timer.unref();
  return {
    longestMs: () => longest,
    longestCpuMs: () => longestCpu,
    reset: () => {
      [last, longest, longestCpu] = [read(), 0, 0];
    },
    stop: () => clearInterval(timer),
  };
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
