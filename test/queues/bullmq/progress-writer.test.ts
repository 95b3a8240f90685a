import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgressWriter } from '#queues/bullmq/progress-writer.ts';
import type { Progress } from '#queues/run/run.ts';

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-05-01T12:00:00.000Z') }));
afterEach(() => void vi.useRealTimers());

const at = (percent: number): Progress => ({
  step: `Step ${percent}`,
  percent,
  furthest: percent,
  crashesBefore: 0,
  orderedAt: null,
});
function writing() {
  const updateProgress = vi.fn(async (_: unknown) => undefined);
  const log = vi.fn(async (_: string) => 1);
  const written = () => [updateProgress.mock.calls.map(([progress]) => progress), log.mock.calls.map(([line]) => line)];
  return { writer: createProgressWriter({ updateProgress, log }), written, updateProgress, log };
}

test('reports of the first 250 ms are written together, with the last progress and every line', () => {
  const { writer, written } = writing();
  writer.report(at(5), 'Looking');
  writer.report(at(20), 'Ordering');
  writer.report(at(21), null);
  vi.advanceTimersByTime(249);
  expect(written()).toEqual([[], []]);
  vi.advanceTimersByTime(1);
  expect(written()).toEqual([[at(21)], ['2026-05-01T12:00:00Z Looking', '2026-05-01T12:00:00Z Ordering']]);
});

test('a report after a pause is written at once', () => {
  const { writer, written } = writing();
  vi.advanceTimersByTime(250);
  writer.report(at(40), 'Booting');
  expect(written()).toEqual([[at(40)], ['2026-05-01T12:00:00Z Booting']]);
  writer.report(at(90), null);
  expect(written()[0]).toEqual([at(40)]);
});

test('a run that succeeds before anything was written writes nothing', () => {
  const { writer, written } = writing();
  writer.report(at(5), 'Looking');
  writer.end(true);
  vi.advanceTimersByTime(1_000);
  expect(written()).toEqual([[], []]);
});

test('a run that fails soon, and one that has written before, write the rest at their end', () => {
  const failed = writing();
  failed.writer.report(at(5), 'Looking');
  failed.writer.end(false);
  const long = writing();
  long.writer.report(at(5), null);
  vi.advanceTimersByTime(250);
  long.writer.report(at(100), 'Done');
  long.writer.end(true);
  vi.advanceTimersByTime(1_000);
  expect(failed.written()).toEqual([[at(5)], ['2026-05-01T12:00:00Z Looking']]);
  expect(long.written()).toEqual([[at(5), at(100)], ['2026-05-01T12:00:00Z Done']]);
});

test('the run continues if Redis refuses the progress', async () => {
  const { writer, updateProgress, log } = writing();
  updateProgress.mockRejectedValue(new Error('Missing key for job job-1.'));
  log.mockRejectedValue(new Error('Missing key for job job-1.'));
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  writer.report(at(5), 'Ordering');
  vi.advanceTimersByTime(250);
  vi.useRealTimers();
  await new Promise(setImmediate);
  expect([updateProgress, log].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  expect(unhandled).not.toHaveBeenCalled();
  process.off('unhandledRejection', unhandled);
});
