import { type RoomState, stateOfRoom } from '#db/room.ts';
import type { Store } from '#db/store.ts';
import type { Alert } from '#queues/alerts/alert.ts';
import { canWork, type Live, type LiveQueue } from '#queues/bullmq/live.ts';
import { answerWithin } from '#queues/within.ts';
import { cached } from './cached.ts';

export type Health = 'ok' | 'degraded';

export interface State {
  readonly status: 'ok' | 'unavailable';
  readonly database: 'ok' | 'unavailable';
  /** The disk of the database. full: the database takes small writes at most. */
  readonly disk: RoomState;
  readonly redis: Health;
  /** unknown: Redis does not permit this process to look. */
  readonly workers: Health | 'unknown';
  readonly provider: Health;
}

/** Whether this process can accept a purchase, and the health of everything that it depends on. */
export interface Readiness {
  state(): Promise<State>;
  /** Reports the process as not ready from now on, because it is about to stop. */
  stop(): void;
}

interface ReadinessDeps {
  readonly store: Pick<Store, 'checkWritable' | 'readRoom'>;
  readonly live: Pick<Live, 'queue' | 'fault'>;
  readonly alerts: () => Promise<readonly Alert[]>;
  readonly now: () => Date;
}

/** Health checks more frequent than this share one state. */
const maxAgeMs = 2_000;
/** A database that answers later counts as unavailable. */
const timeoutMs = 2_500;
const providerAlerts = ['provider', 'provider-refuses', 'configuration'];

export function createReadiness(deps: ReadinessDeps): Readiness {
  const currentState = cached(maxAgeMs, () => readState(deps));
  let stopping = false;
  return {
    state: async () => {
      const state = await currentState();
      return stopping ? { ...state, status: 'unavailable' } : state;
    },
    stop: () => {
      stopping = true;
    },
  };
}

async function readState({ store, live, alerts, now }: ReadinessDeps): Promise<State> {
  const [writable, queue, current] = await Promise.all([
    succeeds(store.checkWritable(now())),
    live.queue(),
    answerWithin(timeoutMs, alerts()),
  ]);
  // After the write, which may have been refused.
  const disk = stateOfRoom(await store.readRoom());
  const database = writable && disk !== 'full' ? 'ok' : 'unavailable';
  const providerAlerted = !current || current.some(({ kind }) => providerAlerts.includes(kind));
  return {
    status: database,
    database,
    disk,
    redis: queue && canWork(queue) ? 'ok' : 'degraded',
    workers: workersIn(queue),
    provider: providerAlerted ? 'degraded' : 'ok',
  };
}

function workersIn(queue: LiveQueue | null): State['workers'] {
  if (!queue) return 'degraded';
  if (queue.workers === null) return 'unknown';
  return queue.workers > 0 ? 'ok' : 'degraded';
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  const success = attempt.then(() => true);
  return (await answerWithin(timeoutMs, success)) === true;
}
