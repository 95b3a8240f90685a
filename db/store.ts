import type { Database } from './database.ts';
import type { Settlement } from './model.ts';
import { previewOf } from './preview.ts';
import { writableSetting } from './settings.ts';
import { acceptBusyTimeoutMs, checkBusyTimeoutMs, upkeepBusyTimeoutMs } from './store/busy-timeouts.ts';
import { commands, settleOnce } from './store/commands.ts';
import { keys } from './store/keys.ts';
import { links } from './store/links.ts';
import { news } from './store/news.ts';
import { forgetting, payments } from './store/payments.ts';
import { prunes } from './store/prunes.ts';
import { jobReads, serverReads } from './store/reads.ts';
import { type Run, type Runs, transactOnce } from './store/run.ts';
import { schedules } from './store/schedules.ts';
import { statements } from './store/statements.ts';
import { trends } from './store/trends.ts';
import { alerts, customers, inventory, ordering, settings, switches, vpnKeys } from './store/upkeep.ts';
import { workers } from './store/workers.ts';
import type { NewEvent } from './transactions/events.ts';
import { putSetting } from './transactions/settings.ts';

export interface Store extends ReturnType<typeof methodsOf> {
  /** The same Store, which records nothing: each transaction runs, and is rolled back. */
  preview(onEvent: (event: NewEvent) => void): Store;
}

/**
 * Every read and every transaction of the service, by name. Each throws DatabaseBusyError if the database stays locked
 * or unreachable for too long, and DatabaseFullError if its disk is full. A transaction throws CommitUnknownError if
 * Postgres has not said whether it is recorded.
 */
export function createStore(database: Database): Store {
  return { ...methodsOf(database), preview: (onEvent) => createStore(previewOf(database, onEvent)) };
}

function methodsOf(database: Database) {
  const read: Run = (name, steps) => database.read(name, steps);
  const accept: Run = (name, steps) => transactOnce(database, { name, steps }, { busyTimeoutMs: acceptBusyTimeoutMs });
  const upkeep: Run = (name, steps) => database.transact(name, steps, { busyTimeoutMs: upkeepBusyTimeoutMs });
  const runs: Runs = { read, accept, upkeep };
  return {
    ...commands(database),
    settle: (settlement: Settlement) => settleOnce(database, settlement),
    ...jobReads(read),
    ...serverReads(read),
    ...alerts(read, upkeep),
    ...inventory(runs),
    ...ordering(read, upkeep),
    ...settings(runs),
    ...switches(accept),
    ...schedules(runs),
    ...keys(runs),
    ...customers(read, upkeep),
    ...vpnKeys(runs),
    ...links(runs),
    ...statements(read, upkeep),
    ...trends(runs),
    ...workers(runs),
    ...payments(database, runs),
    ...forgetting(upkeep),
    ...news(database, runs),
    ...prunes(upkeep),
    /** Throws unless the database takes a write now. It writes a setting that nothing reads. */
    checkWritable: (now: Date) =>
      database.transact('check writable', (context) => putSetting(context, writableSetting, { value: true, now }), {
        busyTimeoutMs: checkBusyTimeoutMs,
      }),
    /** Resolves once everything that was read before is durable: a read may see a commit that is not yet. */
    flush: () => database.flush(),
    /** The room for new rows. Never rejects. */
    readRoom: () => database.readRoom(),
    /** The time on the database's clock. */
    readTime: () => database.time(),
    close: () => database.close(),
  };
}
