import type { Database } from './database.ts';
import type { Settlement } from './model.ts';
import { writableSetting } from './settings.ts';
import { commands, settleOnce } from './store/commands.ts';
import { forgetting, payments } from './store/payments.ts';
import { jobReads, serverReads } from './store/reads.ts';
import type { Run } from './store/run.ts';
import { statements } from './store/statements.ts';
import { alerts, inventory, settings, vpnKeys } from './store/upkeep.ts';
import { putSetting } from './transactions/settings.ts';

const upkeepBusyTimeoutMs = 5_000;
const checkBusyTimeoutMs = 1_000;

export type Store = ReturnType<typeof createStore>;

/**
 * Every read and every transaction of the service, by name. Each throws DatabaseBusyError if the database stays locked
 * or unreachable for too long.
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
    ...settings(read, upkeep),
    ...vpnKeys(read, upkeep),
    ...statements(read, upkeep),
    ...payments(database, read),
    ...forgetting(upkeep),
    /** Throws unless the database takes a write now. It writes a setting that nothing reads. */
    checkWritable: (now: Date) =>
      database.transact('check writable', (context) => putSetting(context, writableSetting, { value: true, now }), {
        busyTimeoutMs: checkBusyTimeoutMs,
      }),
    /** Resolves once everything that was read before is durable: a read may see a commit that is not yet. */
    flush: () => database.flush(),
    /** The time on the database's clock. */
    readTime: () => database.time(),
    close: () => database.close(),
  };
}
