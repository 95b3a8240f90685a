/** The fields with a single value that a log line may have. None of them holds a secret, a header or a body. */
export const logFieldNames = [
  'event',
  'requestId',
  'caller',
  'problem',
  'pointer',
  'by',
  'reason',
  'durationMs',
  'jobId',
  'kind',
  'serverId',
  'subscriptionId',
  'webhookId',
  'seconds',
  'error',
  'machine',
  'providerId',
  'orderedAs',
  'because',
  'hostname',
  'ipv4',
  'ipv6',
  'jobs',
  'queueName',
  'queueStatus',
  'open',
  'paused',
  'customers',
  'address',
  'aheadSeconds',
  'signal',
  'host',
  'port',
  'concurrency',
  'cloud',
  'dns',
  'statement',
  'url',
  'controlUrl',
  'dataFile',
] as const;
type LogFieldName = (typeof logFieldNames)[number];
type LogValue = string | number | boolean | null | undefined;

/**
 * Every field that a log line may have: src/log.ts writes these, and nothing else. `event` names what happened, in
 * kebab-case; programs read it and never the message.
 */
export interface LogFields extends Readonly<Partial<Record<LogFieldName, LogValue>>> {
  readonly event: string;
  /** An unexpected error. Its type, message, code, stack and causes are written. */
  readonly err?: unknown;
  /** Of these objects src/log.ts writes the members that it names. */
  readonly req?: { readonly method: string; readonly url: string };
  readonly res?: { readonly statusCode: number };
  readonly end?: { readonly kind: string };
  readonly alert?: { readonly id: string };
  readonly call?: object;
  readonly apiUrls?: Readonly<Record<string, string>>;
}

/** The part of a logger that queues uses; pino's fits. */
export interface Log {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
