import type { Store } from '#db/store.ts';
import type { Alert } from '#queues/alerts/current-alerts.ts';
import type { Live } from '#queues/bullmq/live.ts';
import { answerWithin } from '#queues/within.ts';
import { cached } from './cached.ts';

export type Health = 'ok' | 'degraded';

export interface State {
  readonly status: 'ok' | 'unavailable';
  readonly database: 'ok' | 'unavailable';
  readonly redis: Health;
  readonly workers: Health;
  readonly provider: Health;
}

/** Whether this process can take a purchase, and how the rest is doing. */
export interface Readiness {
  state(): Promise<State>;
  /** From now on the process is not ready: it is about to stop. */
  stop(): void;
}

interface ReadinessDeps {
  readonly store: Pick<Store, 'checkWritable'>;
  readonly live: Live;
  readonly alerts: () => Promise<readonly Alert[]>;
  readonly now: () => Date;
}

const freshForMs = 2_000;
/** A database that hangs is as good as none. */
const answerWithinMs = 2_500;
const providerAlerts = ['provider', 'provider-refuses', 'configuration'];

export function createReadiness(deps: ReadinessDeps): Readiness {
  const look = cached(freshForMs, () => readState(deps));
  let stopping = false;
  return {
    state: async () => {
      const state = await look();
      return stopping ? { ...state, status: 'unavailable' } : state;
    },
    stop: () => {
      stopping = true;
    },
  };
}

async function readState({ store, live, alerts, now }: ReadinessDeps): Promise<State> {
  const [writable, queue, troubles] = await Promise.all([
    succeeds(store.checkWritable(now())),
    live.queue(),
    answerWithin(answerWithinMs, alerts()),
  ]);
  const database = writable ? 'ok' : 'unavailable';
  const providerTrouble = !troubles || troubles.some(({ kind }) => providerAlerts.includes(kind));
  return {
    status: database,
    database,
    redis: queue ? 'ok' : 'degraded',
    workers: queue && queue.workers > 0 ? 'ok' : 'degraded',
    provider: providerTrouble ? 'degraded' : 'ok',
  };
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  return (
    (await answerWithin(
      answerWithinMs,
      attempt.then(() => true),
    )) === true
  );
}
