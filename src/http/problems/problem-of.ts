import {
  DatabaseBusyError,
  DatabaseFullError,
  JobStateError,
  KeyNameTakenError,
  KeyReusedError,
  KeyStateError,
  NotAllowedError,
  NotFoundError,
  NotHeldError,
  SaleClosedError,
  TooManyLinksError,
  WebhookStateError,
} from '#db/errors.ts';
import { QueueUnreachableError } from '#queues/bullmq/queue-switch.ts';
import { SealedError, UnknownKeyError } from '#src/vpn/sealed.ts';
import { Problem, retryAfter } from './problem.ts';

/** A database lock is usually released within this time. */
const busySeconds = 2;
const saleClosedSeconds = 60;
/** A person has to make room. */
const diskFullSeconds = 30;
/** An operator has to restart this process. */
const keyUnknownSeconds = 60;

/** The problem document for an error. An unexpected error becomes `internal`, whose text shows nothing of the error. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return storeProblem(error) ?? expressProblem(error) ?? internal(error);
}

const stateErrors = [JobStateError, KeyStateError, NotHeldError, TooManyLinksError, WebhookStateError];

/** Whether the state of what a command is about does not allow it. */
function isStateError(error: unknown): error is Error {
  return stateErrors.some((kind) => error instanceof kind);
}

function storeProblem(error: unknown): Problem | null {
  if (error instanceof NotFoundError) return new Problem('not-found', error.message);
  if (isStateError(error)) return new Problem('not-allowed-now', error.message);
  if (error instanceof KeyNameTakenError) return new Problem('name-taken', error.message);
  if (error instanceof KeyReusedError) return new Problem('key-reused', error.message);
  if (error instanceof NotAllowedError) {
    const members = { serverStatus: error.status, allowed: error.allowed };
    return new Problem('not-allowed-now', error.message, { members });
  }
  if (error instanceof SaleClosedError) {
    return new Problem('sale-closed', error.message, { headers: retryAfter(saleClosedSeconds) });
  }
  if (error instanceof QueueUnreachableError) {
    return new Problem('not-ready', error.message, { headers: retryAfter(busySeconds), cause: error });
  }
  if (error instanceof DatabaseFullError) {
    return new Problem('disk-full', error.message, { headers: retryAfter(diskFullSeconds), cause: error });
  }
  if (error instanceof DatabaseBusyError) {
    return new Problem('database-busy', error.message, { headers: retryAfter(busySeconds), cause: error });
  }
  if (error instanceof UnknownKeyError) return keysUnavailable();
  if (error instanceof SealedError) return keysDamaged(error);
  return null;
}

function keysUnavailable(): Problem {
  const detail =
    'This API process has another SECRETS_KEY than the one that seals these VPN keys. The alert secrets-key is raised for the operator. Try again later.';
  return new Problem('keys-unavailable', detail, { headers: retryAfter(keyUnknownSeconds) });
}

function keysDamaged(cause: SealedError): Problem {
  const detail =
    'The VPN keys of this server cannot be opened: they are damaged. The alert vpn-keys-damaged is raised for the operator, who can restore them from a backup.';
  return new Problem('keys-unavailable', detail, { cause });
}

/** Errors of Express itself, such as a path that cannot be decoded. */
function expressProblem(error: unknown): Problem | null {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return status === 400 ? new Problem('malformed', 'The request cannot be parsed. Check its URL.') : null;
}

function internal(cause: unknown): Problem {
  return new Problem(
    'internal',
    'An unexpected error occurred in this service. Try again. If it persists, give the operator the requestId, which is also in the log.',
    { cause },
  );
}
