import http, { type ClientRequest } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

/**
 * `--import` of a worker that stops at a defined point after SIGUSR2. From then on each call to the cloud or the DNS
 * waits at the point STOP_AT. Once STOP_WITH calls wait, the process stops: with SIGSTOP, or, if STOP_MS is set, by
 * blocking its event loop for that long. The waiting calls continue first after the stop.
 *
 * STOP_AT=answer: the answer of a call has arrived, and the worker has not read it. So the worker continues with old
 * facts.
 * STOP_AT=order: the last check before an order has passed. So the order is sent in any case.
 */
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

const { request } = http;
http.request = ((...given: Parameters<typeof request>) => {
  const made = request(...given);
  if (stopAt === 'order') holdOrder(made);
  if (stopAt === 'answer') holdAnswer(made);
  return made;
}) as typeof request;
syncBuiltinESMExports();

/** The order's deadline passes while the process is stopped, and must not take the order back. */
function holdOrder(made: ClientRequest): void {
  const end = made.end.bind(made) as (body: unknown) => ClientRequest;
  made.end = ((body: unknown) => {
    if (!hold || made.method !== 'POST') return end(body);
    made.destroy = () => made;
    waitForStop().then(() => end(body));
    return made;
  }) as typeof made.end;
}

function holdAnswer(made: ClientRequest): void {
  const emit = made.emit.bind(made) as (event: string | symbol, ...facts: unknown[]) => boolean;
  made.emit = ((event: string | symbol, ...facts: unknown[]) => {
    if (!hold || event !== 'response') return emit(event, ...facts);
    waitForStop().then(() => emit(event, ...facts));
    return true;
  }) as typeof made.emit;
}
