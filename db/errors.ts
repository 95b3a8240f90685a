import { allowedKinds, type JobKind, type ServerStatus } from './model.ts';

/**
 * The database did not accept a write in time: another process holds the lock, or it is unreachable. Nothing was
 * recorded, unless it is a CommitUnknownError.
 */
export class DatabaseBusyError extends Error {
  override readonly name: string = 'DatabaseBusyError';

  constructor(transaction: string, cause: unknown) {
    super(`The database did not take the transaction ${transaction} in time; nothing was recorded. Try again.`, {
      cause,
    });
  }
}

/**
 * The database's disk has no room for the write. Nothing was recorded. It is a busy database too, since the same
 * transaction succeeds once there is room.
 */
export class DatabaseFullError extends DatabaseBusyError {
  override readonly name = 'DatabaseFullError';

  constructor(transaction: string, cause: unknown) {
    super(transaction, cause);
    this.message = `The disk of the database is full: the transaction ${transaction} was not recorded. Try again once an operator has made room.`;
  }
}

/**
 * The connection to Postgres broke before the answer to a commit arrived, and no later try found out. It is unknown
 * whether the transaction was recorded. It is a busy database too, since the same transaction is tried again: it finds
 * what it has recorded.
 */
export class CommitUnknownError extends DatabaseBusyError {
  override readonly name = 'CommitUnknownError';

  constructor(transaction: string, cause: unknown) {
    super(transaction, cause);
    this.message = `It is unknown whether the database recorded the transaction ${transaction}. A repetition with the same Idempotency-Key finds out. Without a key, look first.`;
  }
}

/** A fault that the operator can correct. The message includes what to do, so no stack is shown. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}

/** The database cannot be used in its present state. Thrown when it is opened or claimed. */
export class DatabaseUnusableError extends OperatorError {
  override readonly name = 'DatabaseUnusableError';
}

/**
 * The disk did not take the last commits. Whether they are recorded is unknown, and this process must not go on: a
 * later flush could succeed without the data of the failed one.
 */
export class FlushFailedError extends OperatorError {
  override readonly name = 'FlushFailedError';

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const cure = isNoSpace(cause) ? 'The disk is full: free some space on it' : "Check the disk and the kernel's log";
    super(
      `The disk of the database did not write the last commits (${reason}). This process ends, and confirms none of them. ${cure}, then start it again.`,
      { cause },
    );
  }
}

/** Whether the system refused a write because the disk, or this user's share of it, is full. */
export function isNoSpace(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
  readonly what: 'server' | 'job' | 'subscription' | 'schedule of server' | 'link' | 'key' | 'webhook' | 'delivery';
  readonly id: string;

  constructor(what: NotFoundError['what'], id: string) {
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

  constructor({ id, status }: { readonly id: string; readonly status: ServerStatus }, asked: JobKind) {
    const allowed = allowedKinds[status];
    super(`Server ${id} is ${status}, which does not allow ${asked}. Allowed now: ${allowed.join(', ')}.`);
    this.status = status;
    this.allowed = allowed;
  }
}

/** The job's state does not allow the command. The message names the command that is allowed. */
export class JobStateError extends Error {
  override readonly name = 'JobStateError';
}

/** The server has so many links that it gets no more. */
export class TooManyLinksError extends Error {
  override readonly name = 'TooManyLinksError';

  constructor(serverId: string, most: number) {
    super(`Server ${serverId} has ${most} links that work, and gets no more. Revoke some of them, or use one of them.`);
  }
}

/** The subscription gets what it is paid for, so there is nothing to decide. */
export class NotHeldError extends Error {
  override readonly name = 'NotHeldError';

  constructor(id: string) {
    super(`Subscription ${id} is not held: there is nothing to release.`);
  }
}

/** The Idempotency-Key was used before with another request. */
export class KeyReusedError extends Error {
  override readonly name = 'KeyReusedError';

  constructor(key: string) {
    super(
      `The Idempotency-Key ${JSON.stringify(key)} was used before with another request. Use a new key for a new request.`,
    );
  }
}

/** Another key has the name, or had it before it was revoked. */
export class KeyNameTakenError extends Error {
  override readonly name = 'KeyNameTakenError';

  constructor(name: string) {
    super(`A key is or was named ${name}. Choose another name: events name their callers by it.`);
  }
}

/** The key's state does not allow the command. */
export class KeyStateError extends Error {
  override readonly name = 'KeyStateError';
}

/** Purchases are not accepted now: an operator stopped the sale, or MAX_SERVERS is reached. */
export class SaleClosedError extends Error {
  override readonly name = 'SaleClosedError';
}

/** The webhook's state does not allow the command. The message says what to do. */
export class WebhookStateError extends Error {
  override readonly name = 'WebhookStateError';
}
