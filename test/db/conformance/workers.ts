import { describe, expect, test } from 'vitest';
import type { WorkerRow } from '#db/worker-table.ts';
import { workerStates } from '#db/workers.ts';
import type { Dialect } from '../dialects.ts';
import { at, useFixture } from './fixture.ts';

export function workers(dialect: Dialect): void {
  const my = useFixture(dialect);
  const word = (id: string, seconds: number, changes: Partial<WorkerRow> = {}): WorkerRow => {
    const own = { id, name: `host-${id}`, version: '1.0.0', startedAt: at(0), slots: 50 };
    return { ...own, saidAt: at(seconds), state: 'takes jobs', active: 3, ...changes };
  };
  const ids = async (limit = 10) => (await my.store.readWorkers(limit)).map(({ id }) => id);

  describe('what workers say of themselves', () => {
    test('is read as it was said, in each state, newest word first', async () => {
      const said = workerStates.map((state, n) => word(`wrk-${n}`, n, { state, active: n }));
      for (const one of said) await my.store.recordWorker(one);
      expect(await my.store.readWorkers(10)).toEqual(said.toReversed());
      expect(await ids(2)).toEqual(['wrk-5', 'wrk-4']);
    });

    test('replaces what the same worker said before, and nothing of another one', async () => {
      await my.store.recordWorker(word('wrk-1', 0));
      await my.store.recordWorker(word('wrk-2', 1));
      const last = word('wrk-1', 20, { state: 'stopped', active: 0 });
      await (await my.another()).recordWorker(last);
      expect(await my.store.readWorkers(10)).toEqual([last, word('wrk-2', 1)]);
    });

    test('is pruned by the time of the last word, and is there again with the next one', async () => {
      await my.store.recordWorker(word('wrk-1', 0));
      await my.store.recordWorker(word('wrk-2', 0, { state: 'stopped' }));
      await my.store.recordWorker(word('wrk-3', 10));
      const page = { before: at(10), after: '' };
      expect(await my.store.prune('workers', page)).toEqual({ deleted: 2, next: null });
      expect(await ids()).toEqual(['wrk-3']);
      await my.store.recordWorker(word('wrk-1', 20));
      expect(await ids()).toEqual(['wrk-1', 'wrk-3']);
    });
  });
}
