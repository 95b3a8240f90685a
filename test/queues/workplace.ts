import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { JobKind, JobState, ServerStatus } from '#db/model.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import type { Purchased } from '#db/transactions/purchase.ts';
import { createDnsGate } from '#queues/gates/dns-gate.ts';
import { createOrderBrake } from '#queues/gates/order-brake.ts';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import { createCallRecords } from '#queues/run/call-records.ts';
import type { PerformDeps } from '#queues/run/context.ts';
import { createEmptyRuns } from '#queues/run/empty-runs.ts';
import { perform } from '#queues/run/perform.ts';
import { createQuarantine } from '#queues/run/quarantine.ts';
import type { Run } from '#queues/run/run.ts';
import type { RunEnd } from '#queues/run/run-end.ts';
import { buy } from '../db/conformance/fixture.ts';
import { type FakeDns, fakeDns } from '../fakes/dns.ts';
import { type FakeProvider, fakeProvider } from '../fakes/provider.ts';
import { fakeVpn } from '../fakes/vpn.ts';

/** A run, and the lines that it added to the job's log. */
export interface TestRun extends Run {
  readonly abort: AbortController;
  readonly lines: string[];
}

export interface Workplace {
  readonly store: Store;
  readonly provider: FakeProvider;
  readonly dns: FakeDns;
  readonly deps: PerformDeps;
  /** Ids of the jobs that settles have released, oldest first. */
  readonly published: string[];
  /** Ids of the failed jobs whose retries have succeeded. */
  readonly retried: string[];
  /** The ends of jobs, as `kind end`. */
  readonly ends: string[];
  /** The warnings of jobs to operators. */
  readonly warnings: string[];
  /** The time that `deps.now()` returns; it stands still. */
  readonly clock: { now: Date };
  /** Moves the clock forward by so many seconds. */
  later(seconds: number): void;
  bought(): Promise<Purchased>;
  /** Buys a server and performs its create. */
  running(): Promise<Purchased>;
  stateOf(jobId: string): Promise<JobState | undefined>;
  statusOf(serverId: string): Promise<ServerStatus | undefined>;
  /** Performs the job as its first run, with `changes` to that run. */
  perform(jobId: string, changes?: Partial<Run>): Promise<RunEnd>;
}

/**
 * For each test: an empty database, a cloud in memory, and the other dependencies of `perform`, with a fixed clock and
 * without a queue. With `names`, jobs also keep the names of servers in the place's `dns`.
 */
export function useWorkplace(options: { names?: boolean } = {}): Workplace {
  let place: (Workplace & { close(): Promise<void> }) | null = null;
  beforeEach(async () => {
    place = await openWorkplace(options);
  });
  afterEach(() => place?.close());
  return new Proxy({} as Workplace, {
    get: (_, property) => Reflect.get(place ?? {}, property),
  });
}

type Surroundings = Pick<
  Workplace,
  'store' | 'provider' | 'dns' | 'published' | 'retried' | 'ends' | 'warnings' | 'clock'
>;

async function openWorkplace(options: { names?: boolean }): Promise<Workplace & { close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-queues-'));
  const store = createStore(await openDatabase(`file:${join(folder, 'test.db')}`));
  const surroundings: Surroundings = {
    store,
    provider: fakeProvider('simulator', { listLagMs: 1, shownWithinMs: 1 }),
    dns: fakeDns(),
    published: [],
    retried: [],
    ends: [],
    warnings: [],
    clock: { now: new Date('2026-05-01T12:00:00.000Z') },
  };
  const { clock } = surroundings;
  const deps = depsOf(surroundings, options);
  const bought = () => buy(store, { now: clock.now });
  return {
    ...surroundings,
    deps,
    bought,
    later: (seconds) => {
      clock.now = new Date(clock.now.getTime() + seconds * 1000);
    },
    running: async () => {
      const purchased = await bought();
      await perform(testRun(purchased.job.id), deps);
      return purchased;
    },
    stateOf: async (jobId) => (await store.readJob(jobId))?.state,
    statusOf: async (serverId) => (await store.readServer(serverId))?.server.status,
    perform: (jobId, changes = {}) => perform(testRun(jobId, changes), deps),
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function depsOf(surroundings: Surroundings, options: { names?: boolean }): PerformDeps {
  const { store, provider, dns, published, retried, ends, warnings, clock } = surroundings;
  const now = () => clock.now;
  return {
    store,
    providerGate: createProviderGate(provider, now),
    dnsGate: options.names ? createDnsGate(dns, now) : null,
    installation: 'test',
    graceSeconds: 300,
    bootTimeoutMs: 600_000,
    // Every server has the same keys.
    vpn: { of: () => fakeVpn() },
    quarantine: createQuarantine(),
    emptyRuns: createEmptyRuns(),
    callRecords: createCallRecords(),
    orderBrake: createOrderBrake({ store, provider: provider.name, now }),
    sharedListing: { nextListing: (_, signal) => provider.list('test', signal) },
    recentAccount: (signal) => provider.account(signal),
    now,
    publish: (released: readonly Job[]) => void published.push(...released.map(({ id }) => id)),
    removeRetried: (id) => void retried.push(id),
    onWarning: (_, message) => void warnings.push(message),
    onEnd: (kind: JobKind, end: string) => void ends.push(`${kind} ${end}`),
  };
}

export function testRun(id: string, changes: Partial<Run> = {}): TestRun {
  const abort = new AbortController();
  const lines: string[] = [];
  return {
    id,
    abort,
    lines,
    signal: abort.signal,
    progress: null,
    publishedAtRelease: true,
    attemptsMade: 0,
    attemptsStarted: 1,
    crashes: 0,
    extendLock: async () => true,
    reportProgress: (_, line) => {
      if (line !== null) lines.push(line);
    },
    ...changes,
  };
}
