import { randomBytes } from 'node:crypto';
import type { Clock } from '#src/simulator/clock.ts';
import type { EventRecord, Kind, Kinds, StripeObject } from './shapes.ts';

type Save = (objects: readonly StripeObject[]) => Promise<void>;

/** All objects of the simulated Stripe, with its own time, which a test may move forward. */
export class Book {
  readonly #clock: Clock;
  readonly #save: Save;
  readonly #objects = new Map<string, StripeObject>();
  /** Called with each new event. */
  readonly #listeners = new Set<(event: EventRecord) => void>();
  /** Changes since the last write. */
  #changed: StripeObject[] = [];

  constructor(clock: Clock, saved: readonly StripeObject[], save: Save) {
    this.#clock = clock;
    this.#save = save;
    for (const object of saved) this.#objects.set(object.id, object);
  }

  /** In seconds since 1970, as all times of Stripe. */
  now(): number {
    return Math.floor(this.#clock.now() / 1_000) + this.#ahead();
  }

  /** Moves the time forward. */
  advance(seconds: number): void {
    this.put({ id: 'clock', object: 'clock', ahead: this.#ahead() + seconds });
  }

  newId(prefix: string): string {
    return `${prefix}_sim${randomBytes(8).toString('hex')}`;
  }

  /** The object with this id and of this kind; null: there is none. */
  get<K extends Kind>(kind: K, id: string): Kinds[K] | null {
    const object = this.#objects.get(id);
    return object !== undefined && isOf(kind, object) ? object : null;
  }

  /** Throws if there is none: for the objects that others refer to. */
  must<K extends Kind>(kind: K, id: string): Kinds[K] {
    const object = this.get(kind, id);
    if (object === null) throw new Error(`The simulated Stripe has no ${kind} ${id}.`);
    return object;
  }

  any(id: string): StripeObject | null {
    return this.#objects.get(id) ?? null;
  }

  /** Newest first, as Stripe lists them. */
  all<K extends Kind>(kind: K): Kinds[K][] {
    const found: Kinds[K][] = [];
    for (const object of this.#objects.values()) if (isOf(kind, object)) found.push(object);
    return found.reverse();
  }

  put<T extends StripeObject>(object: T): T {
    this.#objects.set(object.id, object);
    this.#changed.push(object);
    return object;
  }

  /** Notes an event about the object as it is now. */
  emit(type: string, object: StripeObject): void {
    const event: EventRecord = {
      id: this.newId('evt'),
      object: 'event',
      api_version: '2026-10-28.endive',
      created: this.now(),
      data: { object: { ...object } },
      livemode: false,
      pending_webhooks: 1,
      type,
    };
    this.put(event);
    for (const listener of this.#listeners) listener(event);
  }

  onEvent(listener: (event: EventRecord) => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves when all changes are durable. */
  async flush(): Promise<void> {
    const changed = this.#changed;
    this.#changed = [];
    if (changed.length > 0) await this.#save(changed);
  }

  /** Every object, oldest first, for the data file. */
  snapshot(): readonly StripeObject[] {
    return [...this.#objects.values()];
  }

  clear(): void {
    this.#objects.clear();
    this.#changed = [];
  }

  #ahead(): number {
    return this.get('clock', 'clock')?.ahead ?? 0;
  }
}

function isOf<K extends Kind>(kind: K, object: StripeObject): object is Kinds[K] {
  return object.object === kind;
}
