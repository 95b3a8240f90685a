import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isNoSpace, OperatorError } from '#db/errors.ts';
import { type DnsRecord, dnsRecordSchema } from './dns-record.ts';
import { type Firewall, firewallSchema } from './firewall.ts';
import { Journal } from './journal.ts';
import { type Machine, machineSchema } from './machine.ts';
import type { StripeObject } from './stripe/shapes.ts';

/** The data that survives the process. */
export interface Snapshot {
  readonly nextSerial: number;
  readonly machines: readonly Machine[];
  readonly firewalls: readonly Firewall[];
  readonly records: readonly DnsRecord[];
  readonly payments: readonly StripeObject[];
}

/** One thing as it is from now on; `recordGone` is the id of a removed record. */
export type Change =
  | { readonly machine: Machine }
  | { readonly firewall: Firewall }
  | { readonly record: DnsRecord }
  | { readonly payment: StripeObject }
  | { readonly recordGone: string };

export interface DataFile {
  /** null: there is no file yet. Rejects with a DataFileError if it cannot be read or has another format. */
  load(): Promise<Snapshot | null>;
  /**
   * Resolves when the change is durable; without a change, when everything is. `snapshot` must include the change; it
   * is called later, and only if the whole file is written.
   */
  save(snapshot: () => Snapshot, change?: Change): Promise<void>;
  close(): Promise<void>;
}

/** The data file cannot be used; the message names it and says what to do. */
export class DataFileError extends OperatorError {
  override readonly name = 'DataFileError';
}

/** The whole state in one JSON text, as it was written until the file became a journal. */
const oldSchema = z.object({
  format: z.literal('ghostifi-simulator-1'),
  nextSerial: z.int().min(1),
  machines: z.array(machineSchema),
  firewalls: z.array(firewallSchema).default([]),
  records: z.array(dnsRecordSchema).default([]),
  payments: z.array(z.custom<StripeObject>()).default([]),
});
const headSchema = z.strictObject({ format: z.literal('ghostifi-simulator-2'), nextSerial: z.int().min(1) });
const changeSchema = z.union([
  z.strictObject({ machine: machineSchema }),
  z.strictObject({ firewall: firewallSchema }),
  z.strictObject({ record: dnsRecordSchema }),
  // Only the simulator writes them, so their kind and id are enough.
  z.strictObject({ payment: z.custom<StripeObject>(isObject) }),
  z.strictObject({ recordGone: z.string() }),
]);

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'id' in value && 'object' in value;
}

/** Stores nothing. */
export const noDataFile: DataFile = {
  load: async () => null,
  save: async () => undefined,
  close: async () => undefined,
};

/**
 * A file of JSON lines: a head, then one line for each thing or change. Each change adds a line. The first save, and
 * the save after a failed one, write the whole file; so does a save when the file has grown by much.
 */
export function dataFile(file: string): DataFile {
  const journal = new Journal(file);
  return {
    load: () => load(file),
    async save(snapshot, change) {
      try {
        await journal.append(change === undefined ? null : lineOf(change), () => linesOf(snapshot()));
      } catch (error) {
        const cure = isNoSpace(error) ? 'free some space on its disk' : 'set SIMULATOR_DATA to a file of your own';
        throw new DataFileError(`${file} cannot be written (${codeOf(error)}): ${cure}.`);
      }
    },
    close: () => journal.close(),
  };
}

async function load(file: string): Promise<Snapshot | null> {
  const text = await textOf(file);
  if (text === null) return null;
  try {
    // The old format has no line feed.
    return text.includes('\n') ? stateIn(text) : oldSchema.parse(JSON.parse(text));
  } catch {
    throw new DataFileError(
      `${file} is not a simulator's data file, or is damaged: move it away to start with an empty cloud.`,
    );
  }
}

/** The text after the last line feed is a write that a kill cut short; nobody was told that it was durable. */
function stateIn(text: string): Snapshot {
  const [head = '', ...lines] = text.slice(0, text.lastIndexOf('\n')).split('\n');
  let { nextSerial } = headSchema.parse(JSON.parse(head));
  const machines = new Map<string, Machine>();
  const records = new Map<string, DnsRecord>();
  const firewalls: Firewall[] = [];
  const payments = new Map<string, StripeObject>();
  for (const line of lines) {
    const change = changeSchema.parse(JSON.parse(line));
    if ('machine' in change) machines.set(change.machine.id, change.machine);
    else if ('firewall' in change) firewalls.push(change.firewall);
    else if ('payment' in change) payments.set(change.payment.id, change.payment);
    else if ('record' in change) records.set(change.record.id, change.record);
    else records.delete(change.recordGone);
    nextSerial = Math.max(nextSerial, serialIn(change) + 1);
  }
  return {
    nextSerial,
    machines: [...machines.values()],
    firewalls,
    records: [...records.values()],
    payments: [...payments.values()],
  };
}

function serialIn(change: Change): number {
  if ('machine' in change) return change.machine.serial;
  return 'firewall' in change ? change.firewall.serial : 0;
}

function* linesOf({ nextSerial, machines, firewalls, records, payments }: Snapshot): Generator<string> {
  yield `${JSON.stringify({ format: 'ghostifi-simulator-2', nextSerial })}\n`;
  for (const machine of machines) yield lineOf({ machine });
  for (const firewall of firewalls) yield lineOf({ firewall });
  for (const record of records) yield lineOf({ record });
  for (const payment of payments) yield lineOf({ payment });
}

function lineOf(change: Change): string {
  return `${JSON.stringify(change)}\n`;
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new DataFileError(`${file} cannot be read (${codeOf(error)}): set SIMULATOR_DATA to a file of your own.`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
