import { type RoomState, stateOfRoom } from '#db/room.ts';
import type { Store } from '#db/store.ts';
import type { WorkerState } from '#db/workers.ts';
import { canWork, type LiveQueue } from '#queues/bullmq/live.ts';
import type { ClockGuard } from '#queues/clock/clock-guard.ts';
import type { ProviderGate } from '#queues/gates/provider-gate.ts';
import { answerWithin } from '#queues/within.ts';
import { cached } from '#src/http/services/cached.ts';
import type { SendCheck, Sending } from '#src/vpn/send-check.ts';

/**
 * Uses the values of the API's /readyz: `degraded` delays work, and only `unavailable` makes this process not ready. A
 * missing Redis is `unavailable` here and `degraded` in the API, since only a worker needs Redis.
 */
export interface WorkerReadiness {
  readonly status: 'ok' | 'unavailable';
  readonly database: 'ok' | 'unavailable';
  /** The disk of the database. full: the worker cannot settle its jobs. */
  readonly disk: RoomState;
  /** unavailable: this worker is not connected, or Redis refuses writes, so that no job is taken. */
  readonly redis: 'ok' | 'unavailable';
  readonly provider: 'ok' | 'degraded';
  /** wrong: the worker takes no jobs until its host's clock is right. */
  readonly clock: 'ok' | 'wrong';
  /**
   * Whether this host can send handshakes to machines, by address family. Without ipv4 its jobs wait; without ipv6 the
   * names of its servers get no AAAA record.
   */
  readonly vpnProbe: { readonly ipv4: 'ok' | 'blocked'; readonly ipv6: 'ok' | 'blocked' };
  /** Number of running jobs. */
  readonly active: number;
}

export interface WorkerHealth {
  /**
   * Ready: the worker takes jobs and can settle them. It stays ready if the provider refuses requests, because the
   * provider would refuse another worker as well.
   */
  readiness(): Promise<WorkerReadiness>;
  /** The same in a word, without a question to Redis and without a write. */
  state(): Promise<WorkerState>;
  /** The worker takes jobs from now on. Before that it is not ready. */
  start(): void;
  /** Not ready from now on, because the worker drains. */
  stop(): void;
}

export interface WorkerHealthDeps {
  readonly store: Pick<Store, 'checkWritable' | 'readRoom'>;
  /** `look` resolves to null while Redis does not answer in time. */
  readonly redis: { isConnected(): boolean; look(): Promise<LiveQueue | null> };
  readonly providerGate: Pick<ProviderGate, 'fault'>;
  readonly guard: Pick<ClockGuard, 'isWrong'>;
  readonly checkSending: SendCheck;
  readonly now: () => Date;
  readonly active: () => number;
}

const freshMs = 2_000;
/** A database that takes longer counts as unavailable. */
const answerWithinMs = 2_500;
/** `state` knows from the last question for the readiness whether Redis refuses writes. */
const seenForMs = 30_000;

export function createWorkerHealth(deps: WorkerHealthDeps): WorkerHealth {
  const isWritable = cached(freshMs, () => checkWritable(deps));
  const look = cached(freshMs, deps.redis.look);
  let seen: { readonly queue: LiveQueue | null; readonly at: number } = { queue: null, at: Number.NEGATIVE_INFINITY };
  let phase: 'starting' | 'working' | 'draining' = 'starting';
  return {
    readiness: async () => {
      const [writes, queue, sending] = await Promise.all([isWritable(), look(), deps.checkSending()]);
      seen = { queue, at: performance.now() };
      // After the write, which may have been refused.
      const disk = stateOfRoom(await deps.store.readRoom());
      const state = { ...stateOf(deps, { writes, queue, disk }), vpnProbe: probeOf(sending) };
      const isReady = [state.database, state.redis, state.clock].every((part) => part === 'ok') && phase === 'working';
      return { status: isReady ? 'ok' : 'unavailable', ...state };
    },
    state: async () => {
      const disk = stateOfRoom(await deps.store.readRoom());
      const queue = performance.now() - seen.at < seenForMs ? seen.queue : null;
      // Only a database that takes writes records the word.
      return phase === 'draining' ? 'drains' : wordOf(stateOf(deps, { writes: true, queue, disk }));
    },
    start: () => {
      phase = 'working';
    },
    stop: () => {
      phase = 'draining';
    },
  };
}

function wordOf({ clock, redis, database }: ReturnType<typeof stateOf>): WorkerState {
  if (clock === 'wrong') return 'clock wrong';
  if (redis === 'unavailable') return 'Redis unavailable';
  return database === 'unavailable' ? 'database unavailable' : 'takes jobs';
}

function stateOf(
  { redis, providerGate, guard, active }: WorkerHealthDeps,
  { writes, queue, disk }: { readonly writes: boolean; readonly queue: LiveQueue | null; readonly disk: RoomState },
) {
  return {
    database: writes && disk !== 'full' ? 'ok' : 'unavailable',
    disk,
    // A late answer is no refusal: this process, or Redis, is busy.
    redis: redis.isConnected() && (queue === null || canWork(queue)) ? 'ok' : 'unavailable',
    provider: providerGate.fault() === null ? 'ok' : 'degraded',
    clock: guard.isWrong() ? 'wrong' : 'ok',
    active: active(),
  } as const;
}

function probeOf({ ipv4, ipv6 }: Sending): WorkerReadiness['vpnProbe'] {
  return { ipv4: ipv4 === null ? 'ok' : 'blocked', ipv6: ipv6 === null ? 'ok' : 'blocked' };
}

async function checkWritable({ store, now }: WorkerHealthDeps): Promise<boolean> {
  const written = store.checkWritable(now()).then(() => true);
  return (await answerWithin(answerWithinMs, written)) === true;
}
