import { answerWithin } from '#queues/within.ts';
import { attemptsBegun } from './attempts.ts';
import type { OpenQueue, QueuedJob } from './connection.ts';
import { askHello, isForbidden, isReply } from './hello.ts';
import { outageOf } from './outage.ts';
import { shownProgress } from './progress.ts';

export interface LiveJob {
  /** A worker runs it now; else it waits for one, or for its next attempt. */
  readonly running: boolean;
  readonly progress: { readonly step: string; readonly percent: number } | null;
  /** The attempts that have begun, with the one that runs. */
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
  /** The share of `maxmemory` in use; 0 without a limit. From 1 on, Redis refuses every write, unless it evicts. */
  readonly memoryUsed: number | null;
  /** Redis could not write its data to its disk the last time. By its default settings, it refuses every write then. */
  readonly cannotSave: boolean | null;
  /** Redis is a replica and refuses every write. */
  readonly isReadOnly: boolean | null;
  /** Redis is in cluster mode, in which BullMQ's scripts fail. */
  readonly isCluster: boolean | null;
  /** The commands that the ACL of Redis forbids to this user. */
  readonly forbidden: readonly string[];
  /** The first other error that Redis answered with; null: none. */
  readonly error: string | null;
}

/**
 * Facts that only Redis has. Every read resolves within 300 ms, and at once while an earlier answer is late. null: Redis
 * did not answer, or answered with an error.
 */
export interface Live {
  job(id: string): Promise<LiveJob | null>;
  /** The ids of the jobs that workers run now. */
  running(): Promise<readonly string[] | null>;
  queue(): Promise<LiveQueue | null>;
  /** The last lines of the job's log, oldest first. */
  log(id: string): Promise<readonly string[] | null>;
  /** Why Redis cannot be reached, in its or the network's words; null: it can, or the reason is not known. */
  fault(): string | null;
}

const answerWithinMs = 300;
const mostLines = 100;
/** The ids go into a statement, and databases limit its parameters. */
const mostIds = 10_000;

export function createLive({ queue, redis }: OpenQueue): Live {
  const askInTime = createAsking(redis);
  return {
    job: (id) => askInTime(() => readJob({ queue, redis }, id)),
    running: () => askInTime(() => readRunning({ queue, redis })),
    queue: () => askInTime(() => readQueue({ queue, redis })),
    log: (id) => askInTime(() => readLog(queue, id)),
    fault: () => outageOf(redis),
  };
}

type Asking = <T>(ask: () => Promise<T>) => Promise<T | null>;

/** Once an answer is late, nothing is asked until it has come, or has failed: not every page waits for a silent Redis. */
function createAsking(redis: OpenQueue['redis']): Asking {
  let late = 0;
  return async (ask) => {
    if (redis.status !== 'ready' || late > 0) return null;
    const answer = ask();
    const answered = answer.then(
      () => true,
      () => true,
    );
    const inTime = await answerWithin(answerWithinMs, answer);
    if (inTime !== null || (await Promise.race([answered, false]))) return inTime;
    late += 1;
    void answered.then(() => {
      late -= 1;
    });
    return null;
  };
}

async function readJob({ queue, redis }: OpenQueue, id: string): Promise<LiveJob | null> {
  const [job, at] = await Promise.all([queue.getJob(id), redis.lpos(queue.toKey('active'), id)]);
  return job ? toLiveJob(job, at !== null) : null;
}

/** Redis is not trusted to hold ids. */
async function readRunning({ queue, redis }: OpenQueue): Promise<readonly string[]> {
  const active = await redis.lrange(queue.toKey('active'), 0, mostIds - 1);
  return active.filter((id) => /^[a-z0-9-]{1,26}$/.test(id));
}

async function readLog(queue: OpenQueue['queue'], id: string): Promise<readonly string[]> {
  const { logs } = await queue.getJobLogs(id, -mostLines, -1);
  return logs;
}

async function readQueue({ queue, redis }: OpenQueue): Promise<LiveQueue> {
  const refusals = createRefusals();
  const { orNull } = refusals;
  const [paused, counts, workers, info, hello] = await Promise.all([
    orNull('HEXISTS', queue.isPaused()),
    orNull('EVALSHA', queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed', 'completed')),
    orNull('CLIENT LIST', queue.getWorkersCount()),
    orNull('INFO', redis.info()),
    orNull('HELLO', askHello(redis)),
  ]);
  const settings = parseInfo(info ?? '');
  // A forbidden INFO was replaced by the version.
  const isReplaced = info !== null && settings.memoryUsed === null;
  const forbidden = isReplaced ? [...refusals.forbidden, 'INFO'] : refusals.forbidden;
  return {
    paused,
    counts: counts && sumCounts(counts),
    workers,
    ...settings,
    isReadOnly: hello?.isReplica ?? null,
    isCluster: hello ? hello.mode === 'cluster' : null,
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
function parseInfo(info: string): Pick<LiveQueue, 'evictionPolicy' | 'appendOnly' | 'memoryUsed' | 'cannotSave'> {
  const value = (name: string) => new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1] ?? null;
  const used = value('used_memory');
  if (used === null) return { evictionPolicy: null, appendOnly: null, memoryUsed: null, cannotSave: null };
  const maxMemory = Number(value('maxmemory') ?? 0);
  return {
    evictionPolicy: value('maxmemory_policy') ?? 'unknown',
    appendOnly: value('aof_enabled') === '1',
    memoryUsed: maxMemory > 0 ? Number(used) / maxMemory : 0,
    cannotSave: [value('aof_last_write_status'), value('rdb_last_bgsave_status')].includes('err'),
  };
}

/** Whether workers can take jobs from this Redis, as far as it answers. Something that it does not tell is no obstacle. */
export function canWork({ error, isCluster, isReadOnly, cannotSave, memoryUsed, evictionPolicy }: LiveQueue): boolean {
  const isFull = (memoryUsed ?? 0) >= 1 && evictionPolicy === 'noeviction';
  return error === null && !isCluster && !isReadOnly && !cannotSave && !isFull;
}

function sumCounts(counts: Record<string, number>): Counts {
  const count = (state: string) => counts[state] ?? 0;
  return {
    waiting: count('waiting') + count('wait') + count('prioritized'),
    active: count('active'),
    delayed: count('delayed'),
    failed: count('failed'),
    completed: count('completed'),
  };
}

function toLiveJob(job: QueuedJob, running: boolean): LiveJob {
  const progress = shownProgress(job.progress);
  return { running, progress, attempts: attemptsBegun(job), error: job.failedReason ?? null };
}
