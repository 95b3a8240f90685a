import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Board } from '#queues/board/board.ts';
import type { Token } from '#src/config/tokens.ts';
import { mayUse } from '#src/http/middleware/access.ts';
import { findToken } from '#src/http/middleware/authenticate.ts';
import { addressOf } from '#src/http/middleware/rate-limits.ts';
import { requestContext, setContext } from '#src/http/middleware/request-context.ts';
import { pageSecurity } from '#src/http/middleware/security.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { Logger } from '#src/log.ts';
import { signInPage, signOutPage, styleSheet } from './pages.ts';
import { refuseOtherSites } from './same-site.ts';
import type { Sessions } from './session.ts';

export interface BoardPagesDeps {
  readonly board: Board;
  readonly tokens: readonly Token[];
  readonly sessions: Sessions;
  readonly log: Logger;
}

/** Where the dashboard lives; its API and its files are below. */
export const boardPath = '/admin/queues';
const signInPath = '/admin/login';
const failureWindowMs = 15 * 60_000;
const mostFailures = 10;

/** Serves Bull Board behind a sign-in with an API token. */
export function serveBoard(app: Express, deps: BoardPagesDeps): void {
  app.use('/admin', pageSecurity(), refuseOtherSites);
  app.get(['/admin', '/admin/'], (_request, response) => response.redirect(303, boardPath));
  app.get('/admin/style.css', (_request, response) => void response.type('css').send(styleSheet));
  app.get(signInPath, (request, response) => showSignIn(response, 200, { next: nextIn(request.query.next) }));
  const form = express.urlencoded({ extended: false, limit: '4kb' });
  app.post(signInPath, limitFailures(), form, signIn(deps));
  app.get('/admin/logout', requireSession(deps), (_request, response) => {
    response.type('html').send(signOutPage(requestContext(response).caller));
  });
  app.post('/admin/logout', (_request, response) => {
    deps.sessions.end(response);
    response.redirect(303, signInPath);
  });
  app.use(boardPath, requireSession(deps), showBoard(deps));
}

function signIn({ tokens, sessions, log }: BoardPagesDeps): RequestHandler {
  return (request, response) => {
    const form: Record<string, unknown> = request.body ?? {};
    const next = nextIn(form.next);
    const token = typeof form.token === 'string' ? findToken(tokens, form.token.trim()) : null;
    if (!token) {
      log.warn({ requestId: requestContext(response).requestId, address: request.ip }, 'A sign-in failed');
      return showSignIn(response, 401, { next, fault: 'This token is not known here.' });
    }
    setContext(response, { caller: token.name });
    if (!mayUse(token.role, 'overseer')) {
      return showSignIn(response, 403, { next, fault: `A ${token.role} token does not open the dashboard.` });
    }
    sessions.start(response, token);
    log.info({ caller: token.name, requestId: requestContext(response).requestId }, 'Signed in to the dashboard');
    response.redirect(303, next);
  };
}

function showSignIn(
  response: Response,
  status: number,
  { next, fault = null }: { next: string; fault?: string | null },
): void {
  response.status(status).type('html').send(signInPage({ next, fault }));
}

/** Guessing is hopeless with secrets as long as ours; this keeps it from filling the log. */
function limitFailures(): RequestHandler {
  return rateLimit({
    windowMs: failureWindowMs,
    limit: mostFailures,
    skipSuccessfulRequests: true,
    legacyHeaders: false,
    standardHeaders: 'draft-8',
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    keyGenerator: addressOf,
    handler: (_request, response) =>
      showSignIn(response, 429, { next: boardPath, fault: 'Too many failed tries. Wait a quarter of an hour.' }),
  });
}

/** Sends people to the sign-in, and tells programs 401. */
function requireSession({ sessions }: BoardPagesDeps): RequestHandler {
  return (request, response, next) => {
    const token = sessions.tokenOf(request);
    if (token && mayUse(token.role, 'overseer')) {
      setContext(response, { caller: token.name });
      return next();
    }
    if (!isNavigation(request)) throw new Problem('unauthorized', 'Sign in to the dashboard: /admin/login.');
    response.redirect(303, `${signInPath}?next=${encodeURIComponent(nextIn(request.originalUrl))}`);
  };
}

function isNavigation(request: Request): boolean {
  const { pathname } = new URL(request.originalUrl, 'http://here');
  return request.method === 'GET' && !/^\/admin\/queues\/(api|static)\//.test(pathname);
}

/** Only pages of the dashboard: whatever else a link says, it does not lead away from here. */
function nextIn(path: unknown): string {
  return typeof path === 'string' && /^\/admin\/queues(\/[\w.%/-]*)?(\?[\w.%=&-]*)?$/.test(path) ? path : boardPath;
}

function showBoard({ board, tokens }: BoardPagesDeps): RequestHandler {
  return (request, response, next) => {
    const { caller: name, requestId } = requestContext(response);
    const mayAct = tokens.some((token) => token.name === name && mayUse(token.role, 'operator'));
    board.serve({ name, mayAct, requestId }, request, response, next);
  };
}
