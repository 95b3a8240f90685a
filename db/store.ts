import type { Database } from './database.ts';
import type { Settlement } from './model.ts';
import { readAlerts, readTroubles } from './reads/alerts.ts';
import { readFigures, readSetting } from './reads/figures.ts';
import { readDestroyed, readForeignMachines, readMachine, readMachines } from './reads/inventory.ts';
import { type JobFilter, readJob, readJobInFront, readJobs, readRetriable } from './reads/jobs.ts';
import { readHistory, readServer, readServers, type ServerFilter } from './reads/servers.ts';
import { readSealed, readSealedSamples, readServerWithKeys } from './reads/vpn-keys.ts';
import { readCheckpoint, readDue, readWork } from './reads/work.ts';
import type { Context, Steps } from './steps.ts';
import type { Job, RecordedAlert } from './tables.ts';
import { answerOnce, type Idempotency } from './transactions/answers.ts';
import {
  type Actor,
  type CommandResult,
  recordCancel,
  recordDestroy,
  recordRebuild,
  recordRetry,
  withMachine,
} from './transactions/commands.ts';
import { type Purchased, type PurchaseOrder, recordPurchase } from './transactions/purchase.ts';
import { type Resealing, reseal } from './transactions/reseal.ts';
import { FencedError, type Settled, settle } from './transactions/settle.ts';
import {
  claimInstallation,
  clearAlert,
  forgetAnswers,
  markMachineGone,
  putSetting,
  raiseAlert,
  replaceAlerts,
  takeLease,
} from './transactions/upkeep.ts';

/** A caller who waits at the other end of an HTTP call is told soon to try again. */
const acceptBusyTimeoutMs = 3_000;
/** A job has done its work at the provider; only its record is missing, so it waits longer. */
const settleBusyTimeoutMs = 30_000;
const upkeepBusyTimeoutMs = 5_000;

export interface Command<R> {
  readonly idempotency: Idempotency | null;
  /** Makes the answer's body, which is stored under the key. Called inside the transaction. */
  readonly answer: (recorded: R) => unknown;
}

export type Store = ReturnType<typeof createStore>;

/** Every read and every transaction of the service, by name. Transactions throw DatabaseBusyError when the lock is not to be had. */
export function createStore(database: Database) {
  const read = <R>(name: string, steps: (context: Context) => Steps<R>) => database.read(name, steps);
  const upkeep = <R>(name: string, steps: (context: Context) => Steps<R>) =>
    database.transact(name, steps, { busyTimeoutMs: upkeepBusyTimeoutMs });
  const accept = <R>(name: string, command: Command<R>, now: Date, steps: (context: Context) => Steps<R>) =>
    database.transact(name, (context) => answerOnce(context, { ...command, now }, () => steps(context)), {
      busyTimeoutMs: acceptBusyTimeoutMs,
    });

  return {
    recordPurchase: (order: PurchaseOrder, command: Command<Purchased>) =>
      accept('record purchase', command, order.now, (context) => recordPurchase(context, order)),
    recordRebuild: (serverId: string, location: string | null, actor: Actor, command: Command<CommandResult>) =>
      accept('record rebuild', command, actor.now, (context) =>
        withMachine(context, recordRebuild(context, serverId, location, actor)),
      ),
    recordDestroy: (serverId: string, actor: Actor, command: Command<CommandResult>) =>
      accept('record destroy', command, actor.now, (context) =>
        withMachine(context, recordDestroy(context, serverId, actor)),
      ),
    recordRetry: (jobId: string, actor: Actor, command: Command<CommandResult>) =>
      accept('record retry', command, actor.now, (context) => withMachine(context, recordRetry(context, jobId, actor))),
    recordCancel: (jobId: string, actor: Actor, command: Command<CommandResult>) =>
      accept('record cancel', command, actor.now, (context) =>
        withMachine(context, recordCancel(context, jobId, actor)),
      ),

    /** The one transaction of a job. `fenced`: it was closed before, and nothing was changed. */
    settle: async (settlement: Settlement): Promise<Settled> => {
      try {
        let tries = 0;
        return await database.transact('settle', (context) => settle(context, settlement, tries++ > 0), {
          busyTimeoutMs: settleBusyTimeoutMs,
        });
      } catch (error) {
        if (error instanceof FencedError) return { end: 'fenced' };
        throw error;
      }
    },

    readWork: (jobId: string) => read('work', (context) => readWork(context, jobId)),
    readCheckpoint: (jobId: string) => read('checkpoint', (context) => readCheckpoint(context, jobId)),
    readDue: (now: Date) => read('due', (context) => readDue(context, now)),

    readServer: (id: string) => read('server', (context) => readServer(context, id)),
    readServers: (filter: ServerFilter) => read('servers', (context) => readServers(context, filter)),
    /** Oldest first, those after the given entry. */
    readHistory: (serverId: string, after: number, limit: number) =>
      read('history', (context) => readHistory(context, serverId, after, limit)),
    readJob: (id: string) => read('job', (context) => readJob(context, id)),
    readJobs: (filter: JobFilter) => read('jobs', (context) => readJobs(context, filter)),
    readRetriable: (limit: number) => read('retriable', (context) => readRetriable(context, limit)),
    readJobInFront: (job: Pick<Job, 'line' | 'position'>) =>
      read('job in front', (context) => readJobInFront(context, job)),

    readServerWithKeys: (id: string) => read('server with keys', (context) => readServerWithKeys(context, id)),
    /** One sealed text for each beginning of that length. */
    readSealedSamples: (prefixLength: number) =>
      read('sealed samples', (context) => readSealedSamples(context, prefixLength)),
    readSealed: (after: string, limit: number) => read('sealed', (context) => readSealed(context, after, limit)),
    reseal: (resealings: readonly Resealing[]) => upkeep('reseal', (context) => reseal(context, resealings)),

    readFigures: () => read('figures', readFigures),
    readTroubles: (since: { unservedSince: Date; slowSince: Date }) =>
      read('troubles', (context) => readTroubles(context, since)),
    readSetting: (name: string) => read('setting', (context) => readSetting(context, name)),
    putSetting: (name: string, value: unknown, now: Date) =>
      upkeep('put setting', (context) => putSetting(context, name, value, now)),

    claimInstallation: (installation: string, now: Date) =>
      upkeep('claim installation', (context) => claimInstallation(context, installation, now)),

    readMachines: (provider: string) => read('machines', (context) => readMachines(context, provider)),
    readDestroyed: (since: Date) => read('destroyed', (context) => readDestroyed(context, since)),
    readMachine: (name: string) => read('machine', (context) => readMachine(context, name)),
    readForeignMachines: (provider: string) =>
      read('foreign machines', (context) => readForeignMachines(context, provider)),
    markMachineGone: (machineId: string, now: Date) =>
      upkeep('mark machine gone', (context) => markMachineGone(context, machineId, now)),
    takeLease: (name: string, holder: string, lease: { now: Date; forMs: number }) =>
      upkeep('take lease', (context) => takeLease(context, name, holder, lease)),
    replaceAlerts: (kinds: readonly string[], alerts: readonly RecordedAlert[]) =>
      upkeep('replace alerts', (context) => replaceAlerts(context, kinds, alerts)),
    readAlerts: (kind: string) => read('alerts', (context) => readAlerts(context, kind)),
    raiseAlert: (alert: RecordedAlert) => upkeep('raise alert', (context) => raiseAlert(context, alert)),
    clearAlert: (id: string, now: Date) => upkeep('clear alert', (context) => clearAlert(context, id, now)),
    forgetAnswers: (before: Date) => upkeep('forget answers', (context) => forgetAnswers(context, before)),

    /** Throws if the database does not take a write now: it makes one, to a setting that nothing reads. */
    checkWritable: (now: Date) =>
      database.transact('check writable', (context) => putSetting(context, 'writable', true, now), {
        busyTimeoutMs: 1_000,
      }),
    /** The database's clock. */
    readTime: () => database.time(),
    close: () => database.close(),
  };
}
