import type { JobKind, ServerStatus } from './model.ts';

/** The database could not be written in time (another process holds the lock, or it is unreachable). Nothing was recorded. */
export class DatabaseBusyError extends Error {
  override readonly name = 'DatabaseBusyError';

  constructor(transaction: string, cause: unknown) {
    super(`The database did not take the transaction ${transaction} in time; nothing was recorded. Try again.`, {
      cause,
    });
  }
}

/** A fault that the operator can mend: the message says what to do, so that no stack needs to be shown. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}

/** The database cannot be used as it is. Thrown when it is opened. */
export class DatabaseUnusableError extends OperatorError {
  override readonly name = 'DatabaseUnusableError';
}

export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
  readonly what: 'server' | 'job';
  readonly id: string;

  constructor(what: 'server' | 'job', id: string) {
    super(`There is no ${what} ${id}.`);
    this.what = what;
    this.id = id;
  }
}

/** The server's status does not allow the command. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError';
  readonly status: ServerStatus;
  readonly allowed: readonly JobKind[];

  constructor(serverId: string, status: ServerStatus, asked: JobKind, allowed: readonly JobKind[]) {
    super(`Server ${serverId} is ${status}, which does not allow ${asked}. Allowed now: ${allowed.join(', ')}.`);
    this.status = status;
    this.allowed = allowed;
  }
}

/** The job's state does not allow what was asked of it; the message names the way that does. */
export class JobStateError extends Error {
  override readonly name = 'JobStateError';
}

/** The Idempotency-Key was used before, with another body. */
export class KeyReusedError extends Error {
  override readonly name = 'KeyReusedError';

  constructor(key: string) {
    super(
      `The Idempotency-Key ${JSON.stringify(key)} was used before with another request. Use a new key for a new request.`,
    );
  }
}

/** No purchase is accepted now: the operator stopped the sale, or MAX_SERVERS is reached. */
export class SaleClosedError extends Error {
  override readonly name = 'SaleClosedError';
}
