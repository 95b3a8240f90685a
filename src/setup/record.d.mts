/** The Redis that set-up found: a container image, or a program with the folders of its libraries if not installed. */
export type RedisRecord = { kind: 'binary'; path: string; libraryPath?: string } | { kind: 'docker'; image: string };

export function readRedisRecord(file?: string): RedisRecord | null;
export function writeRedisRecord(record: RedisRecord, file?: string): void;
