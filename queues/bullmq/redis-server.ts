import type { RedisOptions } from 'ioredis';

/** How to reach Redis. */
export interface RedisServer {
  /** Host, port, user, password, database, and TLS if it is `rediss://`. With Sentinels its host and port are not used. */
  readonly url: string;
  /** Absent: the URL leads to the primary. */
  readonly sentinels?: Sentinels;
}

/** The Sentinels that name the primary. ioredis asks them again whenever it connects. */
export interface Sentinels {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Their name of the primary. */
  readonly master: string;
  /** The Sentinels' own; null: they have none. */
  readonly password: string | null;
}

const connectTimeoutMs = 5_000;
const sentinelAnswerMs = 2_000;
const reconnectMs = 500;
/**
 * A connection that waits so long for an answer ends: its host may have disappeared without closing it, and the name (or
 * a Sentinel) may lead to another one. Longer than BullMQ's longest blocking read, 10 s.
 */
const silentMs = 20_000;

/**
 * Redis cannot serve at this address now: it is a replica, or it reads its data. ioredis waits for the latter itself, if
 * the user may run INFO.
 */
const elsewhere = /\b(READONLY|LOADING|MASTERDOWN|UNBLOCKED) /;

/** The options of every connection, besides its URL. BullMQ's own connections are copies with the same. */
export function redisOptions({ url, sentinels }: RedisServer) {
  return {
    maxRetriesPerRequest: null,
    connectTimeout: connectTimeoutMs,
    socketTimeout: silentMs,
    retryStrategy: () => reconnectMs * (0.5 + Math.random()),
    reconnectOnError: ({ message }) => elsewhere.test(message),
    ...(sentinels && sentinelOptions(sentinels, url.startsWith('rediss:'))),
  } satisfies RedisOptions;
}

function sentinelOptions({ addresses, master, password }: Sentinels, isEncrypted: boolean) {
  return {
    sentinels: addresses.map(({ host, port }) => ({ host, port })),
    name: master,
    // Else one that hangs would be asked for ever, and the next one never.
    sentinelCommandTimeout: sentinelAnswerMs,
    ...(password !== null && { sentinelPassword: password }),
    ...(isEncrypted && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  } satisfies RedisOptions;
}
