import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import type { WorkerRow } from '#db/worker-table.ts';
import type { WorkerState } from '#db/workers.ts';
import { createLog } from '#src/log.ts';
import { type LastWord, startLastWord } from '#src/worker/last-word.ts';

const noon = new Date('2026-05-01T12:00:00.000Z');
let lastWord: LastWord | null = null;
afterEach(async () => {
  vi.useRealTimers();
  await lastWord?.stop();
});

/** A worker over a store that answers with `record`. */
function start(record: (word: WorkerRow) => Promise<void> = async () => undefined) {
  const words: WorkerRow[] = [];
  const lines: Record<string, unknown>[] = [];
  const worker: { state: WorkerState; active: number } = { state: 'takes jobs', active: 3 };
  const destination = new PassThrough().on('data', (line) => void lines.push(JSON.parse(line)));
  lastWord = startLastWord({
    store: {
      recordWorker: (word) => {
        words.push(word);
        return record(word);
      },
    },
    health: { state: async () => worker.state },
    name: 'host-1',
    version: '1.0.0',
    slots: 50,
    active: () => worker.active,
    now: () => noon,
    log: createLog({ process: 'worker', level: 'info', destination }),
  });
  const said = async (count: number) => vi.waitFor(() => expect(words).toHaveLength(count), { interval: 1 });
  return { words, lines, worker, said, lastWord };
}

test('a worker says at its start what it is, when it is asked to what it does, and at its end that it stopped', async () => {
  const { words, worker, said, lastWord } = start();
  await said(1);
  const own = { id: expect.stringMatching(/^wrk-/), name: 'host-1', version: '1.0.0', startedAt: noon, slots: 50 };
  Object.assign(worker, { state: 'drains', active: 1 });
  lastWord.now();
  await said(2);
  worker.active = 0;
  await lastWord.stop();
  lastWord.now();
  expect(words).toEqual([
    { ...own, saidAt: noon, state: 'takes jobs', active: 3 },
    { ...own, saidAt: noon, state: 'drains', active: 1 },
    { ...own, saidAt: noon, state: 'stopped', active: 0 },
  ]);
  expect(new Set(words.map(({ id }) => id)).size).toBe(1);
});

test('of failures in a row the first is logged, and again after a success', async () => {
  let isBroken = true;
  const { lines, said, lastWord } = start(async () => {
    if (isBroken) throw new Error('locked');
  });
  const next = async (count: number) => {
    lastWord.now();
    await said(count);
  };
  await said(1);
  for (const count of [2, 3]) await next(count);
  isBroken = false;
  await next(4);
  expect(lines).toMatchObject([{ event: 'worker-not-recorded', level: 'warn', error: 'Error: locked' }]);
  isBroken = true;
  await next(5);
  await next(6);
  expect(lines).toHaveLength(2);
});

test('a database that does not answer holds up neither the next word nor the end for long', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const answer = Promise.withResolvers<void>();
  const { words, lines, lastWord } = start(() => answer.promise);
  lastWord.now();
  await vi.advanceTimersByTimeAsync(5_999);
  expect(words).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(lines).toMatchObject([{ error: 'Error: The database did not answer within 6 s.' }]);
  lastWord.now();
  await vi.advanceTimersByTimeAsync(0);
  expect(words).toHaveLength(2);
  const stopped = lastWord.stop();
  await vi.advanceTimersByTimeAsync(2_000);
  await stopped;
  expect(lines[1]?.msg).toMatch(/Could not record that this worker has stopped/);
  answer.resolve();
});
