import { answerWithin } from '#queues/within.ts';
import type { OpenQueue, QueuedJob } from './connection.ts';
import { askHello, isForbidden, isReply } from './hello.ts';
import { outageOf } from './outage.ts';
import { shownProgress } from './progress.ts';

export interface LiveJob {
  readonly progress: { readonly step: string; readonly percent: number } | null;
  readonly attempts: number;
  /** The error of its last failed attempt. */
  readonly error: string | null;
}

type Counts = Readonly<Record<'waiting' | 'active' | 'delayed' | 'failed' | 'completed', number>>;

/** null as a field: Redis does not permit the question, or answers it with an error. */
export interface LiveQueue {
  readonly paused: boolean | null;
  readonly counts: Counts | null;
  /** Connected BullMQ Workers; a process with many slots has several. */
  readonly workers: number | null;
  /** Redis's `maxmemory-policy`; any other than `noeviction` loses jobs when Redis is full. */
  readonly evictionPolicy: string | null;
  readonly appendOnly: boolean | null;
  /** Redis has reached `maxmemory`. Unless it evicts, it refuses every write. */
  readonly isFull: boolean | null;
  /** Redis is a replica and refuses every write. */
  readonly isReadOnly: boolean;
  /** Redis is in cluster mode, in which BullMQ's scripts fail. */
  readonly isCluster: boolean;
  /** The commands that the ACL of Redis forbids to this user. */
  readonly forbidden: readonly string[];
  /** The first other error that Redis answered with; null: none. */
  readonly error: string | null;
}

/**
 * Facts that only Redis has. Every read resolves within 300 ms; null: Redis did not answer, or answered with an error.
 */
export interface Live {
  job(id: string): Promise<LiveJob | null>;
  queue(): Promise<LiveQueue | null>;
  /** Why Redis cannot be reached, in its or the network's words; null: it can, or the reason is not known. */
  fault(): string | null;
}

const answerWithinMs = 300;

export function createLive({ queue, redis }: OpenQueue): Live {
  const askInTime = async <T>(ask: () => Promise<T>): Promise<T | null> => {
    if (redis.status !== 'ready') return null;
    return answerWithin(answerWithinMs, ask());
  };
  return {
    job: (id) => askInTime(async () => toLiveJob(await queue.getJob(id))),
    queue: () => askInTime(() => readQueue({ queue, redis })),
    fault: () => outageOf(redis),
  };
}

async function readQueue({ queue, redis }: OpenQueue): Promise<LiveQueue> {
  const refusals = createRefusals();
  const { orNull } = refusals;
  const [paused, counts, workers, info, hello] = await Promise.all([
    orNull('HEXISTS', queue.isPaused()),
    orNull('EVALSHA', queue.getJobCounts('waiting', 'active', 'delayed', 'failed', 'completed')),
    orNull('CLIENT LIST', queue.getWorkersCount()),
    orNull('INFO', redis.info()),
    orNull('HELLO', askHello(redis)),
  ]);
  const settings = parseInfo(info ?? '');
  // A forbidden INFO was replaced by the version.
  const isReplaced = info !== null && settings.isFull === null;
  const forbidden = isReplaced ? [...refusals.forbidden, 'INFO'] : refusals.forbidden;
  return {
    paused,
    counts: counts && sumCounts(counts),
    workers,
    ...settings,
    isReadOnly: hello?.isReplica ?? false,
    isCluster: hello?.mode === 'cluster',
    forbidden: [...forbidden].sort(),
    error: refusals.errors[0] ?? null,
  };
}

/** Collects the errors that Redis answers with. Any other error, such as a broken connection, is passed on. */
function createRefusals() {
  const forbidden: string[] = [];
  const errors: string[] = [];
  const orNull = <T>(command: string, answer: Promise<T>): Promise<T | null> =>
    answer.catch((error: unknown) => {
      if (!isReply(error)) throw error;
      if (isForbidden(error)) forbidden.push(command);
      else errors.push(error.message);
      return null;
    });
  return { forbidden, errors, orNull };
}

/** Hosted Redis often forbids CONFIG, and rarely INFO. */
function parseInfo(info: string): Pick<LiveQueue, 'evictionPolicy' | 'appendOnly' | 'isFull'> {
  const value = (name: string) => new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1] ?? null;
  const used = value('used_memory');
  if (used === null) return { evictionPolicy: null, appendOnly: null, isFull: null };
  const maxMemory = Number(value('maxmemory') ?? 0);
  return {
    evictionPolicy: value('maxmemory_policy') ?? 'unknown',
    appendOnly: value('aof_enabled') === '1',
    isFull: maxMemory > 0 && Number(used) >= maxMemory,
  };
}

function sumCounts(counts: Record<string, number>): Counts {
  const count = (state: string) => counts[state] ?? 0;
  return {
    waiting: count('waiting') + count('wait'),
    active: count('active'),
    delayed: count('delayed'),
    failed: count('failed'),
    completed: count('completed'),
  };
}

function toLiveJob(job: QueuedJob | undefined): LiveJob | null {
  if (!job) return null;
  return { progress: shownProgress(job.progress), attempts: job.attemptsMade, error: job.failedReason ?? null };
}
