/**
 * `--import` of a worker that stops at a defined point after SIGUSR2. From then on each call to the cloud or the DNS
 * waits at the point STOP_AT. Once STOP_WITH calls wait, the process stops: with SIGSTOP, or, if STOP_MS is set, by
 * blocking its event loop for that long. The waiting calls continue first after the stop.
 *
 * STOP_AT=answer: the answer of a call has arrived, and the worker has not read it. So the worker continues with old
 * facts.
 * STOP_AT=order: the last check before an order has passed. So the order is sent in any case.
 */
const { fetch } = globalThis;
const { STOP_AT: stopAt, STOP_WITH: stopWith, STOP_MS: stopMs } = process.env;
let hold: PromiseWithResolvers<void> | null = null;
let held = 0;

process.on('SIGUSR2', () => {
  [hold, held] = [Promise.withResolvers(), 0];
});

async function waitForStop(): Promise<void> {
  if (!hold) return;
  const { promise, resolve } = hold;
  if (++held === Number(stopWith)) {
    if (stopMs === undefined) process.kill(process.pid, 'SIGSTOP');
    // SIGSTOP may reach another thread first, so this thread blocks itself.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(stopMs ?? 100));
    hold = null;
    resolve();
  }
  await promise;
}

globalThis.fetch = async (target, request) => {
  if (hold && stopAt === 'order' && request?.method === 'POST') {
    await waitForStop();
    return fetch(target, { ...request, signal: null });
  }
  const answer = await fetch(target, request);
  if (!hold || stopAt !== 'answer') return answer;
  const body = await answer.arrayBuffer();
  await waitForStop();
  return new Response(body, answer);
};
