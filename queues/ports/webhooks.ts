import type { Endpoint } from '#db/news-tables.ts';

/** One attempt to send a message. */
export interface OutgoingNews {
  readonly endpoint: Pick<Endpoint, 'id' | 'url' | 'secretSealed' | 'oldSealed' | 'oldUntil'>;
  /** The same for every attempt. */
  readonly messageId: string;
  readonly body: string;
  /** The time of this attempt. */
  readonly at: Date;
}

/** `status`: of the answer; null: there was none. */
export type Sent =
  | { readonly status: number /** null: the answer names no time. */; readonly retryAfterMs: number | null }
  | { readonly status: null /** A sentence. */; readonly error: string };

/** Sends news to the endpoints of consumers. */
export interface Webhooks {
  /**
   * Signs the message and sends it, within 15 s. Rejects only if it cannot be signed: then nothing was sent, and the
   * endpoint is not to blame.
   */
  send(news: OutgoingNews): Promise<Sent>;
}
