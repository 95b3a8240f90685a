import {
  DatabaseBusyError,
  JobStateError,
  KeyReusedError,
  NotAllowedError,
  NotFoundError,
  SaleClosedError,
} from '#db/errors.ts';
import { Problem, retryAfter } from './problem.ts';

/** What a lock of the database takes to pass. */
const busySeconds = 2;
const saleClosedSeconds = 60;

/** The problem that an error means to the caller; anything that was not foreseen is `internal` and tells nothing. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return storeProblem(error) ?? parserProblem(error) ?? internal(error);
}

function storeProblem(error: unknown): Problem | null {
  if (error instanceof NotFoundError) return new Problem('not-found', error.message);
  if (error instanceof JobStateError) return new Problem('not-allowed-now', error.message);
  if (error instanceof KeyReusedError) return new Problem('key-reused', error.message);
  if (error instanceof NotAllowedError) {
    const members = { serverStatus: error.status, allowed: error.allowed };
    return new Problem('not-allowed-now', error.message, { members });
  }
  if (error instanceof SaleClosedError) {
    return new Problem('sale-closed', error.message, { headers: retryAfter(saleClosedSeconds) });
  }
  if (error instanceof DatabaseBusyError) {
    return new Problem('database-busy', error.message, { headers: retryAfter(busySeconds), cause: error });
  }
  return null;
}

/** What Express and its body parser throw, by their `type`, and else by their status. */
function parserProblem(error: unknown): Problem | null {
  if (!(error instanceof Error)) return null;
  const type = 'type' in error ? error.type : undefined;
  if (type === 'entity.too.large') {
    return new Problem('body-too-large', 'A body may have 64 kB at most.', { headers: { Connection: 'close' } });
  }
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return new Problem('unsupported-media-type', 'Send JSON in UTF-8, not compressed.');
  }
  if (type === 'entity.parse.failed') {
    return new Problem('malformed', 'The body is not JSON: a JSON object in UTF-8 is expected.');
  }
  const status = 'status' in error ? error.status : undefined;
  return status === 400
    ? new Problem('malformed', 'The request cannot be read; check its address and its body.')
    : null;
}

function internal(cause: unknown): Problem {
  return new Problem(
    'internal',
    'This is not your fault. Try again; if it stays, tell the operator the requestId, which the log has too.',
    { cause },
  );
}
