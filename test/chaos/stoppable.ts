/**
 * `--import` of a worker: from a SIGUSR2 on it keeps what the cloud and the DNS answer to itself, and stops (SIGSTOP) when
 * it has STOP_WITH answers. Woken, it goes on with these before anything else, as if it had slept right behind its looks.
 */
const { fetch } = globalThis;
let hold: PromiseWithResolvers<void> | null = null;
let held = 0;

process.on('SIGUSR2', () => {
  [hold, held] = [Promise.withResolvers(), 0];
});
globalThis.fetch = async (...asked) => {
  const answer = await fetch(...asked);
  if (!hold) return answer;
  const { promise, resolve } = hold;
  const body = await answer.arrayBuffer();
  if (++held === Number(process.env.STOP_WITH)) {
    process.kill(process.pid, 'SIGSTOP');
    // The signal may take another thread first.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    hold = null;
    resolve();
  }
  await promise;
  return new Response(body, answer);
};
