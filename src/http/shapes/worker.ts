import { z } from 'zod';
import type { WorkerRow } from '#db/worker-table.ts';
import { workerStates } from '#db/workers.ts';
import { instant } from './fields.ts';

/** A worker reports about every 10 s. */
const silentAfterMs = 30_000;

export const workerShape = z
  .object({
    id: z.string().meta({ description: 'Drawn at the start of the process.' }),
    name: z.string().meta({ description: 'Its host and its pid.' }),
    version: z.string(),
    startedAt: instant,
    saidAt: instant.meta({ description: 'When it said the rest. It does so about every 10 s.' }),
    state: z.enum(workerStates).meta({
      description:
        'What it said last: that it takes jobs, why it takes none, that it drains, or that it has stopped. `database unavailable`: the disk of the database is full. `takes jobs` also while the queue is paused or the cloud refuses calls.',
    }),
    silent: z.boolean().meta({ description: 'It has said nothing for 30 s, and not that it stopped.' }),
    active: z.number().int().meta({ description: 'How many jobs it ran.' }),
    slots: z.number().int().meta({ description: 'How many jobs it may run at a time: WORKER_CONCURRENCY.' }),
  })
  .meta({ id: 'Worker' });

/** `now` decides whether it is silent. */
export function showWorker({ startedAt, saidAt, ...worker }: WorkerRow, now: Date): z.output<typeof workerShape> {
  const silent = worker.state !== 'stopped' && now.getTime() - saidAt.getTime() > silentAfterMs;
  return { ...worker, startedAt: startedAt.toISOString(), saidAt: saidAt.toISOString(), silent };
}
