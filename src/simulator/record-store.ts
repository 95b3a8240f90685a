import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { DnsRecord, RecordFields } from './dns-record.ts';

/** The records of the simulated DNS. What a change resolves with is already durable. */
export class RecordStore {
  readonly #clock: Clock;
  readonly #save: () => Promise<void>;
  readonly #records: Map<string, DnsRecord>;

  constructor(clock: Clock, saved: readonly DnsRecord[], save: () => Promise<void>) {
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

  async make(zoneId: string, fields: RecordFields): Promise<DnsRecord> {
    const now = this.#clock.now();
    const record = { ...fields, id: randomBytes(16).toString('hex'), zoneId, createdAt: now, modifiedAt: now };
    this.#records.set(record.id, record);
    await this.#save();
    return record;
  }

  async change(record: DnsRecord, fields: RecordFields): Promise<DnsRecord> {
    const changed = { ...record, ...fields, modifiedAt: this.#clock.now() };
    this.#records.set(record.id, changed);
    await this.#save();
    return changed;
  }

  async remove(id: string): Promise<void> {
    this.#records.delete(id);
    await this.#save();
  }

  clear(): void {
    this.#records.clear();
  }
}
