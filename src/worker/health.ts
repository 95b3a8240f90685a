import type { Redis } from 'ioredis';
import type { Store } from '#db/store.ts';
import type { ClockGuard } from '#queues/clock/clock-guard.ts';
import type { ProviderGate } from '#queues/gates/provider-gate.ts';
import { answerWithin } from '#queues/within.ts';

export interface WorkerReadiness {
  readonly status: 'ready' | 'not ready';
  readonly database: 'ok' | 'unavailable';
  readonly redis: 'ok' | 'unavailable';
  readonly provider: 'ok' | 'degraded';
  /** wrong: it takes no jobs until its host's clock is right. */
  readonly clock: 'ok' | 'wrong';
  /** Runs at work now. */
  readonly active: number;
}

export interface WorkerHealth {
  /** Ready: takes jobs and can settle them. A provider that refuses does not make a worker unready: others would be refused too. */
  readiness(): Promise<WorkerReadiness>;
  /** From now on not ready: the worker drains. */
  stop(): void;
}

export interface WorkerHealthDeps {
  readonly store: Pick<Store, 'checkWritable'>;
  readonly redis: Pick<Redis, 'status'>;
  readonly providerGate: Pick<ProviderGate, 'fault'>;
  readonly guard: Pick<ClockGuard, 'isWrong'>;
  readonly now: () => Date;
  readonly active: () => number;
}

const freshMs = 2_000;
/** A database that hangs is as good as none. */
const answerWithinMs = 2_500;

export function createWorkerHealth({ store, redis, providerGate, guard, now, active }: WorkerHealthDeps): WorkerHealth {
  let stopping = false;
  let checked = { at: Number.NEGATIVE_INFINITY, writable: Promise.resolve(false) };

  const isWritable = (): Promise<boolean> => {
    if (performance.now() - checked.at > freshMs) {
      const writable = answerWithin(
        answerWithinMs,
        store.checkWritable(now()).then(() => true),
      ).then((answer) => answer === true);
      checked = { at: performance.now(), writable };
    }
    return checked.writable;
  };
  return {
    readiness: async () => {
      const [writable, connected] = [await isWritable(), redis.status === 'ready'];
      const wrong = guard.isWrong();
      return {
        status: writable && connected && !wrong && !stopping ? 'ready' : 'not ready',
        database: writable ? 'ok' : 'unavailable',
        redis: connected ? 'ok' : 'unavailable',
        provider: providerGate.fault() === null ? 'ok' : 'degraded',
        clock: wrong ? 'wrong' : 'ok',
        active: active(),
      };
    },
    stop: () => {
      stopping = true;
    },
  };
}
