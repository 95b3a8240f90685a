import type { Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Token } from '#src/config/tokens.ts';
import { mayUse } from '#src/http/middleware/access.ts';
import { findToken } from '#src/http/middleware/authenticate.ts';
import { addressOf } from '#src/http/middleware/rate-limits.ts';
import { requestContext, setContext } from '#src/http/middleware/request-context.ts';
import type { Logger } from '#src/log.ts';
import { signInPage } from './pages.ts';
import { dashboardPath } from './paths.ts';
import type { Sessions } from './session.ts';

export interface SignInDeps {
  readonly tokens: readonly Token[];
  readonly sessions: Sessions;
  readonly log: Logger;
}

const failureWindowMs = 15 * 60_000;
const maxFailures = 10;

/** Answers GET with the form. */
export const showForm: RequestHandler = ({ query }, response) =>
  send(response, 200, { next: dashboardPath(query.next), error: null });

/** Answers POST: starts a session for a token that may read the dashboard, and redirects to `next`. */
export function signIn(deps: SignInDeps): RequestHandler {
  return (request, response) => {
    const form: Record<string, unknown> = request.body ?? {};
    const next = dashboardPath(form.next);
    const token = typeof form.token === 'string' ? findToken(deps.tokens, form.token.trim()) : null;
    if (!token) {
      logFailure(deps, request, response);
      return send(response, 401, { next, error: 'Unknown token. Check it and try again.' });
    }
    setContext(response, { caller: token.name });
    if (!mayUse(token.role, 'overseer')) {
      return send(response, 403, { next, error: `Tokens with the role ${token.role} cannot open the dashboard.` });
    }
    startSession(deps, token, response);
    response.redirect(303, next);
  };
}

/** Limits failed sign-ins per address, to protect the log. The secrets are too long to guess. */
export function limitFailures(): RequestHandler {
  return rateLimit({
    windowMs: failureWindowMs,
    limit: maxFailures,
    skipSuccessfulRequests: true,
    legacyHeaders: false,
    standardHeaders: 'draft-8',
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    keyGenerator: addressOf,
    handler: (_request, response) => {
      send(response, 429, { next: dashboardPath(null), error: 'Too many failed attempts. Wait 15 minutes.' });
    },
  });
}

function startSession({ sessions, log }: SignInDeps, token: Token, response: Response): void {
  const { requestId } = requestContext(response);
  sessions.start(response, token);
  log.info({ event: 'dashboard-signed-in', caller: token.name, requestId }, 'Signed in to the dashboard');
}

function logFailure({ log }: SignInDeps, { ip }: Request, response: Response): void {
  const { requestId } = requestContext(response);
  log.warn({ event: 'dashboard-sign-in-failed', requestId, address: ip }, 'A sign-in to the dashboard failed');
}

function send(response: Response, status: number, page: Parameters<typeof signInPage>[0]): void {
  response.status(status).type('html').send(signInPage(page));
}
