/** The fields of a log line. `event` names what happened, in kebab-case; programs read it and never the message. */
export interface LogFields extends Record<string, unknown> {
  readonly event: string;
}

/** The part of a logger that queues uses; pino's fits. */
export interface Log {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
