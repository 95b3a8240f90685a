import { type Room, stateOfRoom } from '#db/room.ts';
import type { LiveQueue } from '#queues/bullmq/live.ts';
import { type Alert, alert, type NewAlert } from './alert.ts';

type Finding = Omit<NewAlert, 'raisedAt'> | false;

/** The subjects of alerts that Redis's answer implies. */
export const roomOfRedis: readonly string[] = ['redis', 'redis-memory'];

/** The alerts about disks, and about Redis's memory, that are full or nearly so. `queue`: null if Redis is silent. */
export function roomAlerts(room: Room, queue: LiveQueue | null, now: Date): Alert[] {
  const findings = [inDatabase(room), ...(queue ? inRedis(queue) : [])];
  return findings.flatMap((found) => (found ? [alert({ ...found, raisedAt: now })] : []));
}

function inDatabase(room: Room): Finding {
  const state = stateOfRoom(room);
  if (state === 'ok') return false;
  const subject = 'database';
  const left = room.freeBytes === null ? '' : ` ${inMegabytes(room.freeBytes)} MB are free.`;
  if (state === 'low')
    return { kind: 'disk-low', subject, message: `The disk of the database is nearly full.${left} Make room on it.` };
  const message = `The disk of the database is full: purchases get 503, and jobs wait.${left} Make room on it.`;
  return { kind: 'disk-full', subject, message };
}

/** Rounded down, so that a disk without room for a purchase shows 0. */
function inMegabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}

const nearlyFull = 0.9;

function inRedis(queue: LiveQueue): Finding[] {
  const onDisk = {
    kind: 'disk-full',
    subject: 'redis',
    message:
      'Redis cannot write to its disk, and by its default settings it refuses every write then (MISCONF): no job is taken. Make room on its disk; its log has the cause.',
  } as const;
  return [queue.cannotSave === true && onDisk, inMemory(queue)];
}

/** A Redis that evicts never refuses a write; another alert reports it, and one that does not answer this question. */
function inMemory({ evictionPolicy, memoryUsed }: LiveQueue): Finding {
  if (evictionPolicy !== 'noeviction' || memoryUsed === null || memoryUsed < nearlyFull) return false;
  const subject = 'redis-memory';
  const full = 'The memory of Redis is full, and it refuses every write (OOM): no job is taken. Raise its maxmemory.';
  if (memoryUsed >= 1) return { kind: 'disk-full', subject, message: full };
  const used = `${Math.floor(memoryUsed * 100)} %`;
  const message = `Redis uses ${used} of its maxmemory, and refuses every write when all is used. Raise it.`;
  return { kind: 'disk-low', subject, message };
}
