import type { Database } from './database.ts';
import type { Settlement } from './model.ts';
import { writableSetting } from './settings.ts';
import { commands, settleOnce } from './store/commands.ts';
import { forgetting, payments } from './store/payments.ts';
import { prunes } from './store/prunes.ts';
import { jobReads, serverReads } from './store/reads.ts';
import type { Run } from './store/run.ts';
import { schedules } from './store/schedules.ts';
import { statements } from './store/statements.ts';
import { alerts, customers, inventory, ordering, settings, switches, vpnKeys } from './store/upkeep.ts';
import { putSetting } from './transactions/settings.ts';

const upkeepBusyTimeoutMs = 5_000;
/** Less than the health routes wait, and enough for a burst of purchases to pass. */
const checkBusyTimeoutMs = 2_000;

export type Store = ReturnType<typeof createStore>;

/**
 * Every read and every transaction of the service, by name. Each throws DatabaseBusyError if the database stays locked
 * or unreachable for too long, and DatabaseFullError if its disk is full.
 */
export function createStore(database: Database) {
  const read: Run = (name, steps) => database.read(name, steps);
  const upkeep: Run = (name, steps) => database.transact(name, steps, { busyTimeoutMs: upkeepBusyTimeoutMs });
  return {
    ...commands(database),
    settle: (settlement: Settlement) => settleOnce(database, settlement),
    ...jobReads(read),
    ...serverReads(read),
    ...alerts(read, upkeep),
    ...inventory(read, upkeep),
    ...ordering(read, upkeep),
    ...settings(read, upkeep),
    ...switches(upkeep),
    ...schedules(read, upkeep),
    ...customers(read, upkeep),
    ...vpnKeys(read, upkeep),
    ...statements(read, upkeep),
    ...payments(database, read),
    ...forgetting(upkeep),
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
