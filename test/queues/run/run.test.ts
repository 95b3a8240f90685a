import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Checkpoint } from '#db/reads/work.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { advance, assertWanted, checkpoint, isCrashLoop } from '#queues/run/run.ts';
import { testRun } from '../workplace.ts';

afterEach(() => void vi.useRealTimers());

const checkpointWith = (changes: Partial<Checkpoint> | null) => async () =>
  changes && { state: 'released' as const, destroyWaits: false, cancelAsked: false, ...changes };

describe('a checkpoint', () => {
  test('is passed by a run that holds the lock of its released job', async () => {
    const extendLock = vi.fn(async () => true);
    await checkpoint(testRun('job-1', { extendLock }), checkpointWith({}));
    expect(extendLock).toHaveBeenCalledOnce();
  });

  test.each([
    ['closed', checkpointWith({ state: 'succeeded' })],
    ['closed', checkpointWith({ state: 'waiting' })],
    ['closed', checkpointWith(null)],
    ['destroy-waits', checkpointWith({ destroyWaits: true })],
    ['destroy-waits', checkpointWith({ destroyWaits: true, cancelAsked: true })],
    ['cancel-asked', checkpointWith({ cancelAsked: true })],
  ] as const)('stops a run as %s', async (reason, readCheckpoint) => {
    await expect(checkpoint(testRun('job-1'), readCheckpoint)).rejects.toMatchObject({ reason });
    await expect(assertWanted(testRun('job-1'), readCheckpoint)).rejects.toMatchObject({ reason });
  });

  test.each([
    ['is refused', async () => false],
    ['fails', () => Promise.reject(new Error('Connection is closed.'))],
  ])('stops a run whose lock %s', async (_, extendLock) => {
    const reason = 'lock-lost';
    await expect(checkpoint(testRun('job-1', { extendLock }), checkpointWith({}))).rejects.toMatchObject({ reason });
  });

  test('does not wait longer than 2 s for the lock, and a late answer changes nothing', async () => {
    vi.useFakeTimers();
    const late = Promise.withResolvers<boolean>();
    const passing = checkpoint(testRun('job-1', { extendLock: () => late.promise }), checkpointWith({}));
    const refused = expect(passing).rejects.toMatchObject({ reason: 'lock-lost' });
    await vi.advanceTimersByTimeAsync(1_999);
    await vi.advanceTimersByTimeAsync(1);
    await refused;
    late.reject(new Error('Too late.'));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('rejects an answer from before a suspend of its process', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const extendLock = async () => {
      await Promise.resolve();
      now.mockReturnValue(45_000);
      return true;
    };
    const passing = checkpoint(testRun('job-1', { extendLock }), checkpointWith({}));
    await expect(passing).rejects.toMatchObject({ reason: 'lock-lost' });
    now.mockRestore();
  });

  test('keeps no timer after the answer about the lock', async () => {
    vi.useFakeTimers();
    await checkpoint(testRun('job-1'), checkpointWith({}));
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(['before', 'while the row is read', 'while the lock is extended'])(
    'stops a run aborted %s',
    async (when) => {
      const abort = new AbortController();
      const stop = () => abort.abort(new RunAborted('shutdown'));
      const at = (moment: string) => moment === when && stop();
      const run = testRun('job-1', {
        signal: abort.signal,
        extendLock: async () => {
          at('while the lock is extended');
          return true;
        },
      });
      at('before');
      const readCheckpoint = async () => {
        at('while the row is read');
        return checkpointWith({})();
      };
      await expect(checkpoint(run, readCheckpoint)).rejects.toMatchObject({ reason: 'shutdown' });
    },
  );
});

describe('crash loops', () => {
  const progress = (crashesBefore: number) => ({ step: 'x', percent: 5, furthest: 5, crashesBefore, orderedAt: null });

  test('count from the furthest progress of the job', () => {
    expect(isCrashLoop({ crashes: 4, progress: null }, 5)).toBe(false);
    expect(isCrashLoop({ crashes: 5, progress: null }, 5)).toBe(true);
    expect(isCrashLoop({ crashes: 9, progress: progress(5) }, 5)).toBe(false);
    expect(isCrashLoop({ crashes: 10, progress: progress(5) }, 5)).toBe(true);
  });

  test('are reset by new progress, and not by reaching the same point again', () => {
    const first = advance(null, { step: 'Ordering', percent: 20, crashes: 0 });
    expect(first).toEqual({ step: 'Ordering', percent: 20, furthest: 20, crashesBefore: 0, orderedAt: null });
    const again = advance(first, { step: 'Ordering', percent: 20, crashes: 3 });
    expect(again).toEqual(first);
    const back = advance(again, { step: 'Looking', percent: 5, crashes: 3 });
    expect(back).toEqual({ step: 'Looking', percent: 5, furthest: 20, crashesBefore: 0, orderedAt: null });
    expect(advance(back, { step: 'Waiting', percent: 40, crashes: 3 })).toMatchObject({
      furthest: 40,
      crashesBefore: 3,
    });
  });
});
