import type { Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { DatabaseFullError } from '#db/errors.ts';
import { keyNamed } from '#db/events.ts';
import type { Store } from '#db/store.ts';
import { clientAddress } from '#src/http/middleware/client-address.ts';
import { addressOf } from '#src/http/middleware/rate-limits.ts';
import { requestContext, setContext } from '#src/http/middleware/request-context.ts';
import { type ProblemKind, problemType, retryAfter } from '#src/http/problems/problem.ts';
import { type Caller, mayUse } from '#src/keys/caller.ts';
import type { Logger } from '#src/log.ts';
import type { Identities, Identity } from './identities.ts';
import { signInPage } from './pages.ts';
import { dashboardPath } from './paths.ts';
import type { Sessions } from './session.ts';

export interface SignInDeps {
  readonly identities: Pick<Identities, 'withSecret'>;
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
 * Answers POST: starts a session for a token or key that may read the dashboard, and redirects to `next`. An unknown one
 * is left to the handlers of failures: a known one signs in however many attempts of its address have failed.
 */
export function signIn(deps: SignInDeps): RequestHandler {
  return async (request, response, nextHandler) => {
    const { token: secret, next: page } = formOf(request);
    const next = dashboardPath(page);
    const identity = await identityWith(deps, secret).catch((error: unknown) => ({ error }));
    if (!identity) return nextHandler();
    if ('error' in identity) return refuseUnread(deps, identity.error, { response, next });
    const { caller } = identity;
    setContext(response, { caller: caller.name });
    if (!mayUse(caller, 'board:read')) {
      const error = `Key ${caller.name} does not have the scope board:read, which the dashboard needs.`;
      return send(response, 403, { next, error });
    }
    const unrecorded = await record(deps, caller, response);
    if (unrecorded !== null) return refuseUnrecorded(deps, unrecorded, { response, next });
    startSession(deps, identity, response);
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

async function identityWith({ identities }: SignInDeps, secret: unknown): Promise<Identity | null> {
  return typeof secret === 'string' ? identities.withSecret(secret.trim()) : null;
}

function formOf({ body }: Request): Record<string, unknown> {
  return body ?? {};
}

/** Records the sign-in. Returns the error if the database did not; null: it did. */
async function record({ store, now }: SignInDeps, caller: Caller, response: Response): Promise<unknown> {
  const { requestId } = requestContext(response);
  const detail = { mayAct: mayUse(caller, 'board:act') };
  const event = { type: 'board.signed_in', actor: keyNamed(caller.name), requestId, at: now(), detail } as const;
  return store.recordEvent(event).then(
    () => null,
    (error: unknown) => error,
  );
}

interface Refused {
  readonly response: Response;
  readonly next: string;
}

/** Without its event there is no session: while the database takes no writes, nobody signs in. */
function refuseUnrecorded(deps: SignInDeps, thrown: unknown, refused: Refused): void {
  const isFull = thrown instanceof DatabaseFullError;
  const cause = isFull ? 'The disk of the database is full.' : 'The database takes no writes at the moment.';
  const error = `${cause} Your token is valid, but a sign-in that is not recorded does not count. Look at /readyz and the log, and try again.`;
  setContext(refused.response, { problem: problemType(isFull ? 'disk-full' : 'database-busy') });
  refuse(deps, thrown, { ...refused, error });
}

function refuseUnread(deps: SignInDeps, thrown: unknown, refused: Refused): void {
  setContext(refused.response, { problem: problemType('database-busy') });
  const error = 'The database does not answer, so your key cannot be looked up. Look at /readyz, and try again.';
  refuse(deps, thrown, { ...refused, error });
}

function refuse({ log }: SignInDeps, thrown: unknown, { response, ...page }: Refused & { readonly error: string }) {
  const { requestId } = requestContext(response);
  log.error({ event: 'request-failed', err: thrown, requestId }, 'A sign-in could not be looked up or recorded');
  response.set(retryAfter(recordAgainSeconds));
  send(response, 503, page);
}

function startSession({ sessions, log }: SignInDeps, identity: Identity, response: Response): void {
  const { requestId } = requestContext(response);
  sessions.start(response, identity);
  log.info({ event: 'dashboard-signed-in', caller: identity.caller.name, requestId }, 'Signed in to the dashboard');
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
