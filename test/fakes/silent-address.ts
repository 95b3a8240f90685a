import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

export interface SilentAddress {
  readonly port: number;
  /** From now on connections are accepted and answered, also waiting ones: Linux tries them again after a second. */
  accept(): void;
  close(): Promise<void>;
}

/** Listens, and lets the thread sleep, so that it accepts nothing. */
const listenAndSleep = `
  const { parentPort, workerData: { host, port, lock } } = require('node:worker_threads');
  const server = require('node:http').createServer((request, response) => response.end('late'));
  server.listen({ host, port, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(lock), 0, 0);
  });`;

/**
 * An address of Linux's loopback network where connections are neither accepted nor refused, like the address of a dead
 * host: the short queue of its port is full.
 */
export async function startSilentAddress(host: string, port = 0): Promise<SilentAddress> {
  const lock = new SharedArrayBuffer(4);
  const thread = new Worker(listenAndSleep, { eval: true, workerData: { host, port, lock } });
  const [listening] = (await once(thread, 'message')) as [number];
  const fillers = Array.from({ length: 8 }, () => connect(listening, host).on('error', () => undefined));
  // The queue is full once the system has seen them all.
  await setImmediate();
  return {
    port: listening,
    accept: () => {
      Atomics.store(new Int32Array(lock), 0, 1);
      Atomics.notify(new Int32Array(lock), 0);
    },
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await thread.terminate();
    },
  };
}
