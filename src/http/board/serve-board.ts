import type { Express, Request, RequestHandler } from 'express';
import type { Board } from '#queues/board/board.ts';
import { readBody, readForm } from '#src/http/middleware/read-body.ts';
import { requestContext, setContext } from '#src/http/middleware/request-context.ts';
import { pageSecurity } from '#src/http/middleware/security.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { mayUse } from '#src/keys/caller.ts';
import { signOutPage, styleSheet } from './pages.ts';
import { boardPath, dashboardPath, signInPath, signOutPath } from './paths.ts';
import { rejectOtherSites } from './same-site.ts';
import { answerFailures, type SignInDeps, showForm, signIn } from './sign-in.ts';

export interface BoardPagesDeps extends SignInDeps {
  readonly board: Board;
}

/** Serves Bull Board, and the sign-in with an API token in front of it. */
export function serveBoard(app: Express, deps: BoardPagesDeps): void {
  app.use('/admin', pageSecurity(), rejectOtherSites);
  app.get('/admin', (_request, response) => response.redirect(303, boardPath));
  app.get('/admin/style.css', (_request, response) => void response.type('css').send(styleSheet));
  app.get(signInPath, showForm);
  app.post(signInPath, readForm, signIn(deps), answerFailures(deps));
  serveSignOut(app, deps);
  // Bull Board's own parser would read a body without end; it skips a body that has been read.
  app.use(boardPath, requireSession(deps), readBody, showBoard(deps));
}

function serveSignOut(app: Express, deps: BoardPagesDeps): void {
  app.get(signOutPath, requireSession(deps), (_request, response) => {
    response.type('html').send(signOutPage(requestContext(response).caller));
  });
  app.post(signOutPath, (_request, response) => {
    deps.sessions.end(response);
    response.redirect(303, signInPath);
  });
}

/** Without a session, redirects page loads to the sign-in, and rejects calls of the page's scripts with 401. */
function requireSession({ sessions }: BoardPagesDeps): RequestHandler {
  return async (request, response, next) => {
    const key = await sessions.callerOf(request);
    if (key && mayUse(key, 'board:read')) {
      setContext(response, { key, caller: key.name });
      return next();
    }
    if (!isNavigation(request)) throw new Problem('unauthorized', `There is no valid session. Sign in: ${signInPath}.`);
    response.redirect(303, `${signInPath}?next=${encodeURIComponent(dashboardPath(request.originalUrl))}`);
  };
}

function isNavigation(request: Request): boolean {
  const { pathname } = new URL(request.originalUrl, 'http://localhost');
  return request.method === 'GET' && !/^\/admin\/queues\/(api|static)\//.test(pathname);
}

function showBoard({ board }: BoardPagesDeps): RequestHandler {
  return (request, response, next) => {
    const { key, caller: name, requestId } = requestContext(response);
    const mayAct = key !== null && mayUse(key, 'board:act');
    board.serve({ name, mayAct, requestId }, { request, response, next });
  };
}
