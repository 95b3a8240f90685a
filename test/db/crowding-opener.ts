/**
 * Opens DATABASE_URL, prints `ready`, and at the first line on standard input keeps 100 transactions waiting for two
 * seconds. Then it prints how many it made, and the longest wait in ms.
 */
import { once } from 'node:events';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';

const runForMs = 2_000;
const lanes = 100;

const store = createStore(await openDatabase(process.env.DATABASE_URL ?? ''));
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const until = performance.now() + runForMs;
let [made, longestMs] = [0, 0];
const lane = async (number: number) => {
  while (performance.now() < until) {
    const askedAt = performance.now();
    await store.takeLease(`${process.pid}-${number}`, 'me', { now: new Date(), forMs: 1_000 });
    longestMs = Math.max(longestMs, performance.now() - askedAt);
    made += 1;
  }
};
await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
process.stdout.write(`${JSON.stringify({ made, longestMs })}\n`);
await store.close();
process.exit();
