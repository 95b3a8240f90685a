import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import { machineName } from '#db/model.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import type { JobContext, JobOrders } from '#queues/ports/job-context.ts';
import { epoch } from '../../fakes/machines.ts';
import type { FakeProvider } from '../../fakes/provider.ts';

export const owner = { installation: 'test', serverId: 'srv-1' };

export interface Scene extends JobContext {
  readonly provider: FakeProvider;
  /** The reported steps, oldest first. */
  readonly steps: string[];
  /** The warnings to operators, oldest first. */
  readonly warnings: string[];
  /** What the run recorded about its orders, oldest first. */
  readonly orderNotes: string[];
  /** The elapsed time in ms. */
  waited(): number;
  /** How often it passed a checkpoint. */
  checkpoints(): number;
}

/**
 * A handler's context without database, queue or real time. Sleeping and waiting for a listing move a fake clock, which
 * `performance.now()` also shows. Call `vi.useRealTimers()` afterwards.
 */
export function scene(provider: FakeProvider, changes: Partial<Omit<JobContext, 'provider'>> = {}): Scene {
  vi.useFakeTimers({ toFake: ['performance'], now: epoch });
  const { signal } = new AbortController();
  const steps: string[] = [];
  const warnings: string[] = [];
  const orderNotes: string[] = [];
  let waitedMs = 0;
  let checkpoints = 0;
  const pass = (ms: number) => {
    waitedMs += ms;
    vi.advanceTimersByTime(ms);
  };
  const machine = machineRow();
  const made: Scene = {
    provider,
    owner,
    signal,
    steps,
    machine,
    machines: [machine],
    job: jobRow(),
    server: serverRow(),
    sealedKeys: null,
    accountInUse: null,
    dns: null,
    vpn: null,
    warnings,
    orderNotes,
    orders: ordersOf(orderNotes),
    surelyFirst: true,
    isOverdue: false,
    bootTimeoutMs: 600_000,
    waited: () => waitedMs,
    checkpoints: () => checkpoints,
    checkpoint: async () => {
      checkpoints += 1;
    },
    assertWanted: async () => undefined,
    despiteCancel: () => made,
    warn: (message) => void warnings.push(message),
    report: (step) => void steps.push(step),
    sleep: async (ms, stop) => {
      // Whatever is done at once comes first.
      await nextTurn();
      stop?.throwIfAborted();
      pass(ms);
    },
    recentAccount: () => provider.account(signal),
    nextListing: (_, stop) => {
      pass(5_000);
      return provider.list(owner.installation, stop);
    },
    ...changes,
  };
  return made;
}

/** Orders that are always allowed. */
export function ordersOf(notes: string[], changes: Partial<JobOrders> = {}): JobOrders {
  return {
    assertAllowed: () => undefined,
    accepted: () => void notes.push('accepted'),
    gone: () => void notes.push('gone'),
    silent: (machineId) => void notes.push(`silent ${machineId}`),
    undecidedMs: () => 0,
    ...changes,
  };
}

export function serverRow(changes: Partial<Server> = {}): Server {
  return {
    id: owner.serverId,
    purchaseId: 'pur-1',
    customer: 'ada',
    customerFolded: null,
    reference: null,
    hostname: 'srv-1.vpn.test',
    provider: 'simulator',
    location: 'ewr',
    plan: 'small',
    status: 'installing',
    generation: 1,
    machineId: null,
    heldReason: null,
    owedSince: null,
    lastPosition: 1,
    createdAt: epoch,
    updatedAt: epoch,
    ...changes,
  };
}

export function machineRow(changes: Partial<Machine> = {}): Machine {
  const generation = changes.generation ?? 1;
  return {
    id: `mac-${generation}`,
    serverId: owner.serverId,
    generation,
    name: machineName(owner.serverId, generation),
    provider: 'simulator',
    account: null,
    location: 'ewr',
    plan: 'small',
    state: 'planned',
    providerId: null,
    ipv4: null,
    ipv6: null,
    devices: 5,
    createdAt: epoch,
    removableAt: null,
    goneAt: null,
    ...changes,
  };
}

export function jobRow(changes: Partial<Job> = {}): Job {
  return {
    id: 'job-1',
    serverId: owner.serverId,
    kind: 'create',
    state: 'released',
    line: owner.serverId,
    position: 1,
    machineId: 'mac-1',
    location: null,
    plan: null,
    reason: null,
    attempts: 0,
    error: null,
    parked: false,
    rank: 0,
    cancelCause: null,
    retryOf: null,
    requestedBy: 'key:shop',
    cause: null,
    requestId: null,
    createdAt: epoch,
    dueAt: null,
    releasedAt: epoch,
    finishedAt: null,
    ...changes,
  };
}
