import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseBusyError } from '#db/errors.ts';
import type { ClosedJobState, JobKind } from '#db/model.ts';
import type { Checkpoint, Work, WorkJob } from '#db/reads/work.ts';
import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import type { OrderBrake } from '#queues/gates/order-brake.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import type { Vpn } from '#queues/ports/vpn.ts';
import type { CallRecords } from './call-records.ts';
import type { EmptyRuns } from './empty-runs.ts';
import { createJobOrders } from './job-orders.ts';
import type { Gates } from './pauses.ts';
import type { Quarantine } from './quarantine.ts';
import type { RecentAccount } from './recent-account.ts';
import { type CallRecorder, recordedDns, recordedProvider, recordedVpn } from './recorded-calls.ts';
import { assertWanted, checkpoint, type Run } from './run.ts';
import { createRunProgress } from './run-progress.ts';
import type { SharedListing } from './shared-listing.ts';

/** Everything that the runs of one worker process share. */
export interface PerformDeps extends Gates {
  readonly store: Store;
  readonly sharedListing: SharedListing;
  readonly recentAccount: RecentAccount;
  readonly quarantine: Quarantine;
  readonly emptyRuns: EmptyRuns;
  readonly callRecords: CallRecords;
  readonly orderBrake: OrderBrake;
  readonly vpn: Vpn;
  readonly installation: string;
  /** How long a replaced machine keeps running. */
  readonly graceSeconds: number;
  readonly bootTimeoutMs: number;
  readonly now: () => Date;
  /** Publishes the jobs that a settle has released, in the background. */
  readonly publish: (released: readonly Job[]) => void;
  /** Removes from the queue, in the background, a failed job whose retry has succeeded. */
  readonly removeRetried: (retryOf: string) => void;
  /** Counts a job's end; `seconds` is the time since its release. `fenced`: another run had settled it. */
  readonly onEnd: (kind: JobKind, end: ClosedJobState | 'fenced', seconds: number) => void;
  /** Shows operators a problem that does not fail the job. */
  readonly onWarning: (job: Pick<WorkJob, 'id' | 'kind' | 'serverId'>, message: string) => void;
}

/** Creates the context that the handler of this run gets. */
export function createJobContext(run: Run, deps: PerformDeps, work: Work & Pick<JobContext, 'isOverdue'>): JobContext {
  const { providerGate, dnsGate, store, installation, sharedListing, vpn, bootTimeoutMs, emptyRuns } = deps;
  const { orderBrake: brake, now } = deps;
  const { shownWithinMs } = providerGate.provider;
  const readCheckpoint = (jobId: string) => store.readCheckpoint(jobId).catch(throwAsBusy);
  const progress = createRunProgress(run, (message) => deps.onWarning(work.job, message));
  const recorder: CallRecorder = { add: (call) => deps.callRecords.add(run.id, call), now };
  const context: JobContext = {
    ...work,
    provider: recordedProvider(emptyRuns.watch(run, providerGate.provider), recorder),
    dns: dnsGate && recordedDns(dnsGate.dns, recorder),
    vpn: work.sealedKeys === null ? null : recordedVpn(vpn.of(work.server.id, work.sealedKeys), recorder),
    owner: { installation, serverId: work.server.id },
    surelyFirst: emptyRuns.areAll(run),
    bootTimeoutMs,
    signal: run.signal,
    ...checksOf(run, readCheckpoint),
    despiteCancel: () => ({
      ...context,
      surelyFirst: emptyRuns.areAll(run),
      ...checksOf(run, async (jobId) => ignoringCancel(await readCheckpoint(jobId))),
    }),
    report: progress.report,
    warn: progress.warn,
    orders: createJobOrders({ jobId: work.job.id, brake, progress, shownWithinMs, now }),
    nextListing: sharedListing.nextListing,
    recentAccount: () => deps.recentAccount(run.signal),
    sleep: async (ms, signal = run.signal) => {
      await delay(ms, undefined, { signal });
    },
  };
  return context;
}

function checksOf(
  run: Run,
  readCheckpoint: (jobId: string) => Promise<Checkpoint | null>,
): Pick<JobContext, 'checkpoint' | 'assertWanted'> {
  return { checkpoint: () => checkpoint(run, readCheckpoint), assertWanted: () => assertWanted(run, readCheckpoint) };
}

function ignoringCancel(row: Checkpoint | null): Checkpoint | null {
  return row && { ...row, cancelAsked: false };
}

/** A database error is never the job's fault, so it uses no attempt. */
function throwAsBusy(error: unknown): never {
  throw error instanceof DatabaseBusyError ? error : new DatabaseBusyError('checkpoint', error);
}
