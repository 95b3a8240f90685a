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

/** A call in the log: unlike what it shows, it changes until its end, and its time is written only when it is shown. */
type Entry = { -readonly [Field in keyof Omit<LoggedCall, 'at' | 'ms'>]: LoggedCall[Field] };

/** The latest API calls, oldest first. */
export class CallLog {
  readonly #clock: Clock;
  readonly #kept: number;
  readonly #calls = new Map<number, Entry>();
  #lastSeq = 0;

  constructor(clock: Clock, kept = 20_000) {
    this.#clock = clock;
    this.#kept = kept;
  }

  /** Returns the new call's seq. Each is one more than the last; none is used twice, even after a reset. */
  begin({ method, path, operation, client }: CallFacts): number {
    const seq = ++this.#lastSeq;
    this.#calls.set(seq, {
      seq,
      method,
      path,
      operation,
      label: null,
      region: null,
      machineId: null,
      client,
      status: null,
      faults: [],
      startedAt: this.#clock.now(),
      finishedAt: null,
    });
    this.#calls.delete(seq - this.#kept);
    return seq;
  }

  note(seq: number, update: CallUpdate): void {
    const call = this.#calls.get(seq);
    if (call !== undefined) Object.assign(call, update);
  }

  end(seq: number, status: number | null): void {
    const call = this.#calls.get(seq);
    if (call !== undefined) Object.assign(call, { status, finishedAt: this.#clock.now() });
  }

  /** null: the log no longer holds the call. */
  get(seq: number): LoggedCall | null {
    const call = this.#calls.get(seq);
    return call === undefined ? null : shown(call);
  }

  /** The calls after `seq`. */
  since(seq: number): readonly LoggedCall[] {
    const found: LoggedCall[] = [];
    for (let next = Math.max(seq, this.#lastSeq - this.#kept) + 1; next <= this.#lastSeq; next++) {
      const call = this.get(next);
      if (call !== null) found.push(call);
    }
    return found;
  }

  /** The last calls, at most these many. */
  latest(count: number): readonly LoggedCall[] {
    return this.since(this.#lastSeq - count);
  }

  clear(): void {
    this.#calls.clear();
  }
}

function shown({ seq, ...call }: Entry): LoggedCall {
  const { startedAt, finishedAt } = call;
  const ms = finishedAt === null ? null : finishedAt - startedAt;
  return { seq, at: new Date(startedAt).toISOString(), ...call, ms };
}
