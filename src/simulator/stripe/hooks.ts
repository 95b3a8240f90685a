import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Random } from '#src/simulator/clock.ts';
import { seeded } from '#src/simulator/seeded.ts';
import type { Book } from './book.ts';
import type { EventRecord } from './shapes.ts';

/** Where events are sent, and how badly. */
export const hooksSchema = z.strictObject({
  url: z.url(),
  /** `whsec_…` */
  secret: z.string().min(1),
  form: z.enum(['snapshot', 'thin', 'both']).default('snapshot'),
  /** Events that become ready within this many ms of each other are sent in any order; 0: in order. */
  shuffle: z.number().min(0).max(60_000).default(0),
  /** How often each event is sent. */
  copies: z.int().min(1).max(2_000).default(1),
  /** The share of events that are never sent. */
  drop: z.number().min(0).max(1).default(0),
  delayMs: z.number().min(0).max(3_600_000).default(0),
  seed: z.string().optional(),
});
export type HookSettings = z.infer<typeof hooksSchema>;

/** The tries of one delivery, and the pause after the first failed one; each further pause is twice as long. */
const tries = 10;
const firstPauseMs = 500;

/** Sends the events of the book to an address. A delivery that fails is tried again; no order is kept among them. */
export class Hooks {
  readonly #book: Book;
  readonly #now: () => number;
  readonly #stopped = new AbortController();
  #settings: HookSettings | null = null;
  #random: Random = Math.random;

  constructor(book: Book, now: () => number) {
    this.#book = book;
    this.#now = now;
    book.onEvent((event) => this.#send(event));
  }

  /** null: nothing is sent. */
  set(settings: HookSettings | null): void {
    this.#settings = settings;
    this.#random = settings?.seed === undefined ? Math.random : seeded(settings.seed);
  }

  get settings(): HookSettings | null {
    return this.#settings;
  }

  close(): void {
    this.#stopped.abort();
  }

  #send(event: EventRecord): void {
    const settings = this.#settings;
    if (settings === null || this.#random() < settings.drop) return;
    for (const body of bodiesOf(event, settings.form)) {
      for (let copy = 0; copy < settings.copies; copy++) {
        const waitMs = settings.delayMs + this.#random() * settings.shuffle;
        void this.#deliver(settings, body, waitMs);
      }
    }
  }

  async #deliver(settings: HookSettings, body: string, waitMs: number): Promise<void> {
    const { signal } = this.#stopped;
    // An event is sent only after the change is durable, and after the call that caused it was answered.
    await this.#book.flush();
    await delay(waitMs, null, { signal }).catch(() => undefined);
    for (let attempt = 0; attempt < tries && !signal.aborted; attempt++) {
      if (await isAccepted(settings, body, Math.floor(this.#now() / 1_000))) return;
      await delay(firstPauseMs * 2 ** attempt, null, { signal }).catch(() => undefined);
    }
  }
}

/** Stripe's signature of a body: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">`. */
export function signatureOf(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

async function isAccepted({ url, secret }: HookSettings, body: string, seconds: number): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'stripe-signature': signatureOf(secret, body, seconds) };
  try {
    const answer = await fetch(url, { method: 'POST', body, headers, signal: AbortSignal.timeout(20_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

function bodiesOf(event: EventRecord, form: HookSettings['form']): string[] {
  const snapshot = JSON.stringify(event, null, 2);
  if (form === 'snapshot') return [snapshot];
  return form === 'thin' ? [JSON.stringify(thinEvent(event))] : [snapshot, JSON.stringify(thinEvent(event))];
}

/** The event as GET /v2/core/events/{id} shows it: it names its object, and holds no copy of it. */
export function thinEvent({ id, type, livemode, created, data: { object } }: EventRecord) {
  const objectId = String(object.id);
  const kind = String(object.object);
  return {
    id,
    object: 'v2.core.event',
    type: `v1.${type}`,
    livemode,
    created: new Date(created * 1_000).toISOString(),
    related_object: { id: objectId, type: kind, url: `/v1/${pathOf(kind)}/${objectId}` },
  };
}

function pathOf(kind: string): string {
  return kind === 'checkout.session' ? 'checkout/sessions' : `${kind}s`;
}
