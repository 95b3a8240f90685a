/**
 * `--import` of a worker: from a SIGUSR2 on it stops (SIGSTOP, or for STOP_MS its event loop alone) once STOP_WITH of its calls
 * to the cloud and the DNS have come as far as STOP_AT says, and goes on with these before anything else when it is woken.
 * `answer`: it has what it looked for, as if it had slept right behind its looks. `order`: it is past its last check and
 * sends its order, which nothing can call back any more.
 */
const { fetch } = globalThis;
const { STOP_AT, STOP_WITH, STOP_MS } = process.env;
let hold: PromiseWithResolvers<void> | null = null;
let held = 0;

process.on('SIGUSR2', () => {
  [hold, held] = [Promise.withResolvers(), 0];
});

async function sleepHere(): Promise<void> {
  if (!hold) return;
  const { promise, resolve } = hold;
  if (++held === Number(STOP_WITH)) {
    if (STOP_MS === undefined) process.kill(process.pid, 'SIGSTOP');
    // The signal may take another thread first.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(STOP_MS ?? 100));
    hold = null;
    resolve();
  }
  await promise;
}

globalThis.fetch = async (target, request) => {
  if (hold && STOP_AT === 'order' && request?.method === 'POST') {
    await sleepHere();
    return fetch(target, { ...request, signal: null });
  }
  const answer = await fetch(target, request);
  if (!hold || STOP_AT !== 'answer') return answer;
  const body = await answer.arrayBuffer();
  await sleepHere();
  return new Response(body, answer);
};
