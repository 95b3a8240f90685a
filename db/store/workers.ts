import { readWorkers } from '#db/reads/workers.ts';
import { recordWorker } from '#db/transactions/workers.ts';
import type { WorkerRow } from '#db/worker-table.ts';
import type { Runs } from './run.ts';

export function workers({ read, upkeep }: Pick<Runs, 'read' | 'upkeep'>) {
  return {
    recordWorker: (worker: WorkerRow) => upkeep('record worker', (context) => recordWorker(context, worker)),
    readWorkers: (limit: number) => read('workers', (context) => readWorkers(context, limit)),
  };
}
