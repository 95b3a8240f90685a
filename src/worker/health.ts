import type { Redis } from 'ioredis';
import { type RoomState, stateOfRoom } from '#db/room.ts';
import type { Store } from '#db/store.ts';
import type { ClockGuard } from '#queues/clock/clock-guard.ts';
import type { ProviderGate } from '#queues/gates/provider-gate.ts';
import { answerWithin } from '#queues/within.ts';
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
  /** Not ready from now on, because the worker drains. */
  stop(): void;
}

export interface WorkerHealthDeps {
  readonly store: Pick<Store, 'checkWritable' | 'readRoom'>;
  readonly redis: Pick<Redis, 'status'>;
  readonly providerGate: Pick<ProviderGate, 'fault'>;
  readonly guard: Pick<ClockGuard, 'isWrong'>;
  readonly checkSending: SendCheck;
  readonly now: () => Date;
  readonly active: () => number;
}

const freshMs = 2_000;
/** A database that takes longer counts as unavailable. */
const answerWithinMs = 2_500;

export function createWorkerHealth(deps: WorkerHealthDeps): WorkerHealth {
  const isWritable = cachedWritable(deps);
  let stopping = false;
  return {
    readiness: async () => {
      const [writes, sending] = await Promise.all([isWritable(), deps.checkSending()]);
      // After the write, which may have been refused.
      const disk = stateOfRoom(await deps.store.readRoom());
      const state = { ...stateOf(deps, { writes, disk }), vpnProbe: probeOf(sending) };
      const isReady = [state.database, state.redis, state.clock].every((part) => part === 'ok') && !stopping;
      return { status: isReady ? 'ok' : 'unavailable', ...state };
    },
    stop: () => {
      stopping = true;
    },
  };
}

function stateOf(
  { redis, providerGate, guard, active }: WorkerHealthDeps,
  { writes, disk }: { readonly writes: boolean; readonly disk: RoomState },
) {
  return {
    database: writes && disk !== 'full' ? 'ok' : 'unavailable',
    disk,
    redis: redis.status === 'ready' ? 'ok' : 'unavailable',
    provider: providerGate.fault() === null ? 'ok' : 'degraded',
    clock: guard.isWrong() ? 'wrong' : 'ok',
    active: active(),
  } as const;
}

function probeOf({ ipv4, ipv6 }: Sending): WorkerReadiness['vpnProbe'] {
  return { ipv4: ipv4 === null ? 'ok' : 'blocked', ipv6: ipv6 === null ? 'ok' : 'blocked' };
}

/** Whether the database takes writes; an answer is reused for two seconds. */
function cachedWritable({ store, now }: WorkerHealthDeps): () => Promise<boolean> {
  let checked = { at: Number.NEGATIVE_INFINITY, writable: Promise.resolve(false) };
  const check = async () =>
    (await answerWithin(
      answerWithinMs,
      store.checkWritable(now()).then(() => true),
    )) === true;
  return () => {
    if (performance.now() - checked.at > freshMs) checked = { at: performance.now(), writable: check() };
    return checked.writable;
  };
}
