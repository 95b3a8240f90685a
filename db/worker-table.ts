import type { Columns } from './columns.ts';
import { workerStates } from './workers.ts';

/** The last word of each worker process. */
export function workerTable(c: Columns) {
  return c.table('workers', {
    /** `wrk-…`; drawn at the start of the process. */
    id: c.text('id').primaryKey(),
    /** The host and the pid, as in alerts and at the clouds. */
    name: c.text('name').notNull(),
    version: c.text('version').notNull(),
    startedAt: c.time('started_at').notNull(),
    /** When it said the rest. */
    saidAt: c.time('said_at').notNull(),
    state: c.oneOf('state', workerStates).notNull(),
    /** How many jobs it ran. */
    active: c.int('active').notNull(),
    /** How many jobs it may run at a time. */
    slots: c.int('slots').notNull(),
  });
}

export type WorkerRow = ReturnType<typeof workerTable>['$inferSelect'];
