import type { Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { DatabaseFullError } from '#db/errors.ts';
import { keyNamed } from '#db/events.ts';
import type { Store } from '#db/store.ts';
import type { Token } from '#src/config/tokens.ts';
import { findToken } from '#src/http/middleware/authenticate.ts';
import { clientAddress } from '#src/http/middleware/client-address.ts';
import { addressOf } from '#src/http/middleware/rate-limits.ts';
import { requestContext, setContext } from '#src/http/middleware/request-context.ts';
import { type ProblemKind, problemType, retryAfter } from '#src/http/problems/problem.ts';
import { mayUse } from '#src/keys/caller.ts';
import type { Logger } from '#src/log.ts';
import { signInPage } from './pages.ts';
import { dashboardPath } from './paths.ts';
import type { Sessions } from './session.ts';

export interface SignInDeps {
  readonly tokens: readonly Token[];
  readonly sessions: Sessions;
  readonly store: Pick<Store, 'recordEvent'>;
  readonly log: Logger;
  readonly now: () => Date;
}

const failureWindowMs = 15 * 60_000;
const maxFailures = 10;
const recordAgainSeconds = 5;

/** Answers GET with the form. */
export const showForm: RequestHandler = ({ query }, response) =>
  send(response, 200, { next: dashboardPath(query.next), error: null });

/**
 * Answers POST: starts a session for a token that may read the dashboard, and redirects to `next`. An unknown token is
 * left to the handlers of failures: a known one signs in however many attempts of its address have failed.
 */
export function signIn(deps: SignInDeps): RequestHandler {
  return async (request, response, nextHandler) => {
    const { token: secret, next: page } = formOf(request);
    const next = dashboardPath(page);
    const token = typeof secret === 'string' ? findToken(deps.tokens, secret.trim()) : null;
    if (!token) return nextHandler();
    setContext(response, { caller: token.name });
    if (!mayUse(token, 'board:read')) {
      return send(response, 403, { next, error: `Tokens with the role ${token.role} cannot open the dashboard.` });
    }
    const unrecorded = await record(deps, token, response);
    if (unrecorded !== null) return refuseUnrecorded(deps, unrecorded, { response, next });
    startSession(deps, token, response);
    response.redirect(303, next);
  };
}

/** Answers failed sign-ins. They are limited per address, to protect the log; the secrets are too long to guess. */
export function answerFailures(deps: SignInDeps): RequestHandler[] {
  const limit = rateLimit({
    windowMs: failureWindowMs,
    limit: maxFailures,
    legacyHeaders: false,
    standardHeaders: 'draft-8',
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    keyGenerator: addressOf,
    handler: (_request, response) => {
      send(response, 429, {
        next: dashboardPath(null),
        error: 'Too many failed attempts. Wait 15 minutes, or use a valid token.',
      });
    },
  });
  const answer: RequestHandler = (request, response) => {
    logFailure(deps, request, response);
    const next = dashboardPath(formOf(request).next);
    send(response, 401, { next, error: 'Unknown token. Check it and try again.' });
  };
  return [limit, answer];
}

function formOf({ body }: Request): Record<string, unknown> {
  return body ?? {};
}

/** Records the sign-in. Returns the error if the database did not; null: it did. */
async function record({ store, now }: SignInDeps, { name, role }: Token, response: Response): Promise<unknown> {
  const { requestId } = requestContext(response);
  const event = { type: 'board.signed_in', actor: keyNamed(name), requestId, at: now(), detail: { role } } as const;
  return store.recordEvent(event).then(
    () => null,
    (error: unknown) => error,
  );
}

/** Without its event there is no session: while the database takes no writes, nobody signs in. */
function refuseUnrecorded(
  { log }: SignInDeps,
  thrown: unknown,
  { response, next }: { readonly response: Response; readonly next: string },
): void {
  const isFull = thrown instanceof DatabaseFullError;
  const { requestId } = requestContext(response);
  log.error({ event: 'request-failed', err: thrown, requestId }, 'A sign-in could not be recorded');
  response.set(retryAfter(recordAgainSeconds));
  const cause = isFull ? 'The disk of the database is full.' : 'The database takes no writes at the moment.';
  const error = `${cause} Your token is valid, but a sign-in that is not recorded does not count. Look at /readyz and the log, and try again.`;
  setContext(response, { problem: problemType(isFull ? 'disk-full' : 'database-busy') });
  send(response, 503, { next, error });
}

function startSession({ sessions, log }: SignInDeps, token: Token, response: Response): void {
  const { requestId } = requestContext(response);
  sessions.start(response, token);
  log.info({ event: 'dashboard-signed-in', caller: token.name, requestId }, 'Signed in to the dashboard');
}

function logFailure({ log }: SignInDeps, request: Request, response: Response): void {
  const { requestId } = requestContext(response);
  const address = clientAddress(request);
  log.warn({ event: 'dashboard-sign-in-failed', requestId, address }, 'A sign-in to the dashboard failed');
}

const problems: Readonly<Record<number, ProblemKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  429: 'too-many-requests',
};

function send(response: Response, status: number, page: Parameters<typeof signInPage>[0]): void {
  const problem = problems[status];
  if (problem) setContext(response, { problem: problemType(problem) });
  response.status(status).type('html').send(signInPage(page));
}
