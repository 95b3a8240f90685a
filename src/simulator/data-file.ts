import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { OperatorError } from '#db/errors.ts';
import { type DnsRecord, dnsRecordSchema } from './dns-record.ts';
import { type Firewall, firewallSchema } from './firewall.ts';
import { type Machine, machineSchema } from './machine.ts';

/** The data that survives the process. */
export interface Snapshot {
  readonly nextSerial: number;
  readonly machines: readonly Machine[];
  readonly firewalls: readonly Firewall[];
  readonly records: readonly DnsRecord[];
}

export interface DataFile {
  /** null: there is no file yet. Rejects with a DataFileError if it cannot be read or has another format. */
  load(): Promise<Snapshot | null>;
  /** Calls `snapshot` later, writes its result, and resolves when the result is durable. */
  save(snapshot: () => Snapshot): Promise<void>;
}

/** The data file cannot be used; the message names it and says what to do. */
export class DataFileError extends OperatorError {
  override readonly name = 'DataFileError';
}

const snapshotSchema = z.object({
  format: z.literal('ghostifi-simulator-1'),
  nextSerial: z.int().min(1),
  machines: z.array(machineSchema),
  firewalls: z.array(firewallSchema).default([]),
  records: z.array(dnsRecordSchema).default([]),
});

/** Stores nothing. */
export const noDataFile: DataFile = { load: async () => null, save: async () => undefined };

/** A JSON file, replaced atomically: a new file is written, synced and renamed. Saves during a write share the next. */
export function dataFile(file: string): DataFile {
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  const begin = (snapshot: () => Snapshot) => {
    next = null;
    current = write(file, snapshot());
    return current;
  };
  return {
    load: () => load(file),
    save(snapshot) {
      next ??= current.then(
        () => begin(snapshot),
        () => begin(snapshot),
      );
      return next;
    },
  };
}

async function load(file: string): Promise<Snapshot | null> {
  const text = await textOf(file);
  if (text === null) return null;
  try {
    return snapshotSchema.parse(JSON.parse(text));
  } catch {
    throw new DataFileError(
      `${file} is not a simulator's data file, or is damaged: move it away to start with an empty cloud.`,
    );
  }
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new DataFileError(`${file} cannot be read (${codeOf(error)}): set SIMULATOR_DATA to a file of your own.`);
  }
}

async function write(file: string, snapshot: Snapshot): Promise<void> {
  try {
    await replace(file, JSON.stringify({ format: 'ghostifi-simulator-1', ...snapshot }));
  } catch (error) {
    throw new DataFileError(`${file} cannot be written (${codeOf(error)}): set SIMULATOR_DATA to a file of your own.`);
  }
}

/** Mode 0600: user data can contain keys. The folder is synced too; otherwise a power failure could undo the rename. */
async function replace(file: string, text: string): Promise<void> {
  const folder = path.dirname(file);
  const fresh = `${file}.new`;
  await mkdir(folder, { recursive: true });
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  const parent = await open(folder, 'r');
  await parent.sync().finally(() => parent.close());
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
