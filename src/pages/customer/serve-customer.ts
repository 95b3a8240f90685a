import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { readForm } from '#src/http/middleware/read-body.ts';
import { setContext } from '#src/http/middleware/request-context.ts';
import { type Problem, problemType } from '#src/http/problems/problem.ts';
import { problemOf } from '#src/http/problems/problem-of.ts';
import { customerPath } from '#src/http/services/link-token.ts';
import type { Services } from '#src/http/services/services.ts';
import type { OpenPageApi } from '#src/pages/api/page-api.ts';
import type { AssetPath } from '#src/pages/assets/serve-assets.ts';
import { type Action, type Answer, actions } from './actions.ts';
import { noSuchLink, type OpenVisit, visitOpener } from './open-visit.ts';
import { customerPage } from './page.ts';
import { customerSecurity } from './security.ts';
import { problemText } from './texts.ts';
import { pageHtml } from './view/document.ts';
import { donePage, missingPage, problemPage } from './view/messages.ts';

interface CustomerDeps {
  readonly openApi: OpenPageApi;
  readonly services: Services;
  readonly asset: AssetPath;
}

type Handle = (request: Request, response: Response) => Promise<Answer>;

/**
 * Serves the customers' pages. Whoever has the link of a server opens its page, and no GET changes anything: programs
 * that scan mails open links too.
 */
export function serveCustomer(app: Express, deps: CustomerDeps): void {
  const open = visitOpener(deps);
  const answer = (handle: Handle) => answering(deps, handle);
  const router = express.Router({ caseSensitive: true });
  router.use(customerSecurity());
  router.get(
    '/done',
    answer(async () => ({ content: donePage() })),
  );
  router.get('/:token', answer(show(open)));
  for (const action of actions) {
    router.get(`/:token/${action.name}`, answer(backToPage(open)));
    router.post(`/:token/${action.name}`, answer(act(open, action)));
  }
  router.use(
    answer(async () => {
      throw noSuchLink();
    }),
  );
  app.use(customerPath, router);
}

function show(open: OpenVisit): Handle {
  return async (request, response) => {
    const visit = await open(request, response, 'view');
    const { done } = request.query;
    return { content: await customerPage(visit, { done: typeof done === 'string' ? done : null }) };
  };
}

/** A browser that loads the address of a form's answer again. */
function backToPage(open: OpenVisit): Handle {
  return async (request, response) => ({ content: { next: (await open(request, response, 'view')).path } });
}

/** The link is checked before the body is read: without it, each call ends in the same way. */
function act(open: OpenVisit, { right, perform }: Action): Handle {
  return async (request, response) => {
    const visit = await open(request, response, right);
    await readForm(request, response, () => undefined);
    const fields: Readonly<Record<string, string>> = request.body;
    const field = (name: string) => fields[name]?.trim() ?? '';
    try {
      return await perform({ visit, field, names: Object.keys(fields), request });
    } catch (error) {
      const problem = problemIn(error, visit.services, response);
      const { status, headers } = problem;
      return { status, headers, content: await customerPage(visit, { refused: problemText(problem) }) };
    }
  };
}

/** Answers with a page also if the handler throws: the app's own handler of errors would answer with JSON. */
function answering({ services, asset }: CustomerDeps, handle: Handle): RequestHandler {
  return async (request, response) => {
    setContext(response, { route: `${customerPath}/{token}` });
    const {
      status = 200,
      headers = {},
      content,
    } = await handle(request, response).catch((error: unknown) => answerTo(problemIn(error, services, response)));
    response.status(status).type('html').set(headers);
    if (typeof content === 'string') response.send(content);
    else if ('next' in content) response.redirect(303, content.next);
    else response.send(pageHtml(asset, content));
  };
}

function answerTo(problem: Problem): Answer {
  const { kind, status, headers } = problem;
  return { status, headers, content: kind === 'not-found' ? missingPage() : problemPage(problemText(problem)) };
}

function problemIn(error: unknown, { log }: Services, response: Response): Problem {
  const problem = problemOf(error);
  setContext(response, { problem: problemType(problem.kind) });
  if (problem.kind === 'internal') log.error({ event: 'request-failed', err: error }, 'A customer’s page failed');
  return problem;
}
