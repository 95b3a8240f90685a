import { DatabaseFullError } from './errors.ts';

/** The room that the database has for new rows. */
export interface Room {
  /** On the disk of a SQLite database, in bytes; null: unknown, as on Postgres. */
  readonly freeBytes: number | null;
  /** A write failed for lack of room within the last minute, and none has succeeded since. */
  readonly wasRefused: boolean;
}

/** `low`: writes succeed, and a person should make room now. `full`: the next write may fail. */
export type RoomState = 'ok' | 'low' | 'full';

/** The database needs it for 100,000 purchases, and a backup for a copy of them. */
const lowBytes = 500_000_000;
/** A purchase needs up to 100 kB of the -wal file, and a busy process makes several at once. */
const fullBytes = 1_000_000;
const refusedForMs = 60_000;

export function stateOfRoom({ freeBytes, wasRefused }: Room): RoomState {
  const left = freeBytes ?? Number.POSITIVE_INFINITY;
  if (wasRefused || left < fullBytes) return 'full';
  return left < lowBytes ? 'low' : 'ok';
}

export interface RoomWatch {
  /** The same result; the watch notes whether the disk had room for it. */
  observe<R>(writing: Promise<R>): Promise<R>;
  read(): Promise<Room>;
}

/** Remembers whether the last write was refused. `readFreeBytes` may reject: then the free space is unknown. */
export function createRoomWatch(readFreeBytes: () => Promise<number | null>): RoomWatch {
  let refusedAt = Number.NEGATIVE_INFINITY;
  return {
    observe: async (writing) => {
      try {
        const result = await writing;
        refusedAt = Number.NEGATIVE_INFINITY;
        return result;
      } catch (error) {
        if (error instanceof DatabaseFullError) refusedAt = performance.now();
        throw error;
      }
    },
    read: async () => ({
      freeBytes: await readFreeBytes().catch(() => null),
      wasRefused: performance.now() - refusedAt < refusedForMs,
    }),
  };
}
