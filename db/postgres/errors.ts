import { DatabaseUnusableError } from '#db/errors.ts';
import { DrizzleQueryError } from '#db/orm.ts';
import { NoPlaceError } from './places.ts';

/**
 * Serialization failure, deadlock, lock and statement timeouts; a server that is starting, has no room (connections,
 * memory), or cannot read its disk.
 */
const passingCodes = new Set(['40001', '40P01', '55P03', '57014', '57P03', '53200', '53300', '58030']);
/**
 * Postgres ends the connection: it is stopping or has crashed, the connection or its transaction was idle for too long,
 * or the transaction took too long. An administrator may set these limits.
 */
const endedConnectionCodes = new Set(['57P01', '57P02', '57P05', '25P03', '25P04']);
/** The driver's messages for a broken connection; it gives no code for these. */
const brokenConnectionMessages =
  /^(Connection terminated|timeout ex(ceeded|pired)|Client has encountered a connection error|Client was closed|Query read timeout)/;
const passingSocketErrors = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH'],
]);

/** PgBouncer gives this code to all errors of its own. Some of them pass, and others are faults of the settings. */
const protocolViolation = '08P01';
const passingOfPgBouncer =
  /^(?!unsupported startup parameter).*(server conn crashed|server login (has been failing|failed)|cannot connect|connect failed|server_lifetime|timeout|shutting down|shut down|paused|reconnect|no more connections|database .* is disabled)/i;
/** The server is a standby. After a failover its name may lead to another one, to which only a new connection leads. */
const readOnly = '25006';

/** Whether the same transaction may succeed when it is tried again. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  if (code === protocolViolation) return passingOfPgBouncer.test(errorMessage(error));
  return passingCodes.has(code) || isBrokenConnection(error) || error instanceof NoPlaceError;
}

/** Whether the disk of the server has no room. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === '53100';
}

/** Whether the connection must not be used again. */
export function isBrokenConnection(error: unknown): boolean {
  const code = codeOf(error);
  if (code.startsWith('08') || code === readOnly || passingSocketErrors.has(code)) return true;
  return endedConnectionCodes.has(code) || brokenConnectionMessages.test(errorMessage(error));
}

/** The driver's words for a message that it has not sent. */
const notSent = /is not queryable$/;

/** Whether Postgres may have done what the message asked for: it was sent, and its answer did not arrive. */
export function isAnswerLost(error: unknown): boolean {
  if (codeOf(error) === readOnly || notSent.test(errorMessage(error))) return false;
  return isBrokenConnection(error) || isFatal(error);
}

/** Whether Postgres closes the connection after this error. */
export function isFatal(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'FATAL';
}

/**
 * The error of Postgres or of the network. Drizzle's own message has the query's values, which must not get into logs.
 */
export function unwrapped(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

/** The error of a failed start, as a message that says what to do. */
export function startupError(error: unknown): Error {
  if (error instanceof DatabaseUnusableError) return error;
  const advice =
    codeOf(error) === protocolViolation
      ? 'A pooler answers at DATABASE_URL: it needs pool_mode transaction or session (docs/deploy.md, Poolers).'
      : 'Check DATABASE_URL and that the server runs.';
  return new DatabaseUnusableError(`Postgres cannot be used: ${errorMessage(error)}. ${advice}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}
