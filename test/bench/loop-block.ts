const everyMs = 10;

/** Measures how late a timer of 10 ms is; `longestMs` is the longest time that the event loop was blocked. */
export function watchLoop(): { longestMs(): number; reset(): void; stop(): void } {
  let [last, longest] = [performance.now(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - everyMs);
    last = now;
  }, everyMs);
  timer.unref();
  return {
    longestMs: () => longest,
    reset: () => {
      [last, longest] = [performance.now(), 0];
    },
    stop: () => clearInterval(timer),
  };
}
