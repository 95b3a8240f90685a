/** The Redis that set-up found: a program of this machine (with the folder of its libraries, where it is not installed) or a container image. */
export type RedisRecord = { kind: 'binary'; path: string; libraryPath?: string } | { kind: 'docker'; image: string };

export const recordFile: string;
export function readRedisRecord(file?: string): RedisRecord | null;
export function writeRedisRecord(record: RedisRecord, file?: string): void;
