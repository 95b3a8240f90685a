/** The part of a pino logger that queues uses. `fields` hold a stable `event`; nothing may read the message. */
export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}
