import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Change } from './data-file.ts';
import type { DnsRecord, RecordFields } from './dns-record.ts';

/** A change of one record; null: it did not exist before, or does not exist after. */
export interface RecordChange {
  /** Increases by one with each change since the start. */
  readonly seq: number;
  /** Ms since 1970. */
  readonly at: number;
  readonly name: string;
  readonly type: DnsRecord['type'];
  readonly before: string | null;
  readonly after: string | null;
}

const changesKept = 20_000;

/** The records of the simulated DNS. A change resolves after it is durable. */
export class RecordStore {
  readonly #clock: Clock;
  readonly #save: (change: Change) => Promise<void>;
  readonly #records: Map<string, DnsRecord>;
  #changes: RecordChange[] = [];
  #lastSeq = 0;

  constructor(clock: Clock, saved: readonly DnsRecord[], save: (change: Change) => Promise<void>) {
    this.#clock = clock;
    this.#save = save;
    this.#records = new Map(saved.map((record) => [record.id, record]));
  }

  /** Oldest first. */
  all(): readonly DnsRecord[] {
    return [...this.#records.values()];
  }

  get(id: string): DnsRecord | null {
    return this.#records.get(id) ?? null;
  }

  /** The changes after `seq`, oldest first; only the latest 20,000 are kept. */
  changesSince(seq: number): readonly RecordChange[] {
    return this.#changes.filter((change) => change.seq > seq);
  }

  async make(zoneId: string, fields: RecordFields): Promise<DnsRecord> {
    const now = this.#clock.now();
    const record = { ...fields, id: randomBytes(16).toString('hex'), zoneId, createdAt: now, modifiedAt: now };
    this.#records.set(record.id, record);
    this.#note(null, record);
    await this.#save({ record });
    return record;
  }

  async change(record: DnsRecord, fields: RecordFields): Promise<DnsRecord> {
    const changed = { ...record, ...fields, modifiedAt: this.#clock.now() };
    this.#records.set(record.id, changed);
    this.#note(record, changed);
    await this.#save({ record: changed });
    return changed;
  }

  async remove(id: string): Promise<void> {
    const record = this.get(id);
    this.#records.delete(id);
    if (record) this.#note(record, null);
    await this.#save({ recordGone: id });
  }

  clear(): void {
    this.#records.clear();
    this.#changes = [];
  }

  #note(before: DnsRecord | null, after: DnsRecord | null): void {
    const subject = after ?? before;
    if (!subject) return;
    const { name, type } = subject;
    const contents = { before: before?.content ?? null, after: after?.content ?? null };
    this.#changes.push({ seq: ++this.#lastSeq, at: this.#clock.now(), name, type, ...contents });
    if (this.#changes.length > changesKept) this.#changes.shift();
  }
}
