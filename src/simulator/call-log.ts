import type { Clock } from './clock.ts';
import type { Operation } from './dialect.ts';

/** A call as the control API shows it. null: not known yet. A status of null after the end: no response was sent. */
export interface LoggedCall {
  readonly seq: number;
  /** ISO 8601, when it arrived. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly label: string | null;
  readonly region: string | null;
  readonly machineId: string | null;
  readonly client: string;
  readonly status: number | null;
  /** The kinds of the faults that were injected. */
  readonly faults: readonly string[];
  readonly ms: number | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number | null;
}

export type CallFacts = Pick<LoggedCall, 'method' | 'path' | 'operation' | 'client'>;
export type CallUpdate = Partial<Pick<LoggedCall, 'label' | 'region' | 'machineId' | 'faults'>>;

/** The latest API calls, oldest first. */
export class CallLog {
  readonly #clock: Clock;
  readonly #kept: number;
  readonly #calls = new Map<number, LoggedCall>();
  #lastSeq = 0;

  constructor(clock: Clock, kept = 20_000) {
    this.#clock = clock;
    this.#kept = kept;
  }

  /** Returns the new call's seq. Each is one more than the last; none is used twice, even after a reset. */
  begin(facts: CallFacts): number {
    const seq = ++this.#lastSeq;
    const startedAt = this.#clock.now();
    const at = new Date(startedAt).toISOString();
    const open = { label: null, region: null, machineId: null, status: null, faults: [], ms: null, finishedAt: null };
    this.#calls.set(seq, { seq, at, ...facts, ...open, startedAt });
    this.#calls.delete(seq - this.#kept);
    return seq;
  }

  note(seq: number, update: CallUpdate): void {
    const call = this.#calls.get(seq);
    if (call !== undefined) this.#calls.set(seq, { ...call, ...update });
  }

  /** null: the log no longer holds the call. */
  end(seq: number, status: number | null): LoggedCall | null {
    const call = this.#calls.get(seq);
    if (call === undefined) return null;
    const finishedAt = this.#clock.now();
    const ended = { ...call, status, finishedAt, ms: finishedAt - call.startedAt };
    this.#calls.set(seq, ended);
    return ended;
  }

  /** The calls after `seq`. */
  since(seq: number): readonly LoggedCall[] {
    return [...this.#calls.values()].filter((call) => call.seq > seq);
  }

  clear(): void {
    this.#calls.clear();
  }
}
