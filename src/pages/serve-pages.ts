import type { Express, Request, RequestHandler, Response } from 'express';
import { signInPath } from '#src/http/board/paths.ts';
import { rejectOtherSites } from '#src/http/board/same-site.ts';
import { readForm } from '#src/http/middleware/read-body.ts';
import { requestContext, setContext } from '#src/http/middleware/request-context.ts';
import { strictPageSecurity } from '#src/http/middleware/security.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { Route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import { type Caller, mayUse } from '#src/keys/caller.ts';
import { actions } from './actions.ts';
import { type OpenPageApi, pageApis } from './api/page-api.ts';
import { serveAssets } from './assets/serve-assets.ts';
import { serveCustomer } from './customer/serve-customer.ts';
import { type Flash, setFlash, takeFlash } from './flash.ts';
import { landingHtml } from './landing/landing.ts';
import { consoleHtml, type Shell } from './layout.ts';
import type { Action, CallRoute, Done, Page, Visit } from './page.ts';
import { pages } from './pages.ts';
import { overviewPath } from './paths.ts';
import { problemView } from './problem-view.ts';
import { type Runbook, readRunbook } from './runbook/sections.ts';

interface PagesDeps {
  readonly routes: readonly Route[];
  readonly services: Services;
}

interface Console extends Pick<PagesDeps, 'services'> {
  readonly runbook: Runbook;
  readonly shell: Shell;
  readonly openApi: OpenPageApi;
}

/** Serves the landing page, the customers' pages and the console, whose sessions are those of Bull Board. */
export function servePages(app: Express, { routes, services }: PagesDeps): void {
  const asset = serveAssets(app);
  const nav = pages.flatMap(({ nav, path, scope }) => (nav === undefined ? [] : [{ name: nav, path, scope }]));
  const openApi = pageApis(routes, services);
  serveCustomer(app, { openApi, services, asset });
  const console = { services, shell: { asset, nav }, openApi, runbook: readRunbook() };
  app.get('/', strictPageSecurity(), async (_request, response) => {
    const { key } = requestContext(response);
    const state = await services.readiness.state();
    response.type('html').send(landingHtml({ asset, state, caller: key && mayLook(key) ? key : null }));
  });
  app.use('/console', strictPageSecurity(), rejectOtherSites, requireSession);
  for (const page of pages) app.get(page.path, showPage(console, page));
  for (const action of actions) app.post(action.path, readForm, performAction(console, action));
}

/** The console shows the servers of all customers. */
function mayLook(caller: Caller): boolean {
  return mayUse(caller, 'board:read') && caller.customer === null;
}

/** Redirects a request without a session to the sign-in. Throws a Problem for a key that may not look. */
const requireSession: RequestHandler = (request, response, next) => {
  const { key } = requestContext(response);
  if (key) {
    setContext(response, { caller: key.name });
    if (mayLook(key)) return next();
    throw new Problem('forbidden', `Key ${key.name} may not open the console: it needs the scope board:read.`);
  }
  const page = request.method === 'GET' ? request.originalUrl : '/console';
  response.redirect(303, `${signInPath}?next=${encodeURIComponent(page)}`);
};

function showPage(console: Console, page: Page): RequestHandler {
  return async (request, response) => {
    setContext(response, { route: page.path });
    const caller = callerOf(response);
    const flash = takeFlash(request, response);
    const visit = visitOf(console, request, response);
    const { status, view } = await viewOf(console, page, visit);
    const shown = { ...view, path: request.path, asked: visit.asked('q'), caller, flash };
    response.status(status).type('html').send(consoleHtml(console.shell, shown));
  };
}

async function viewOf({ services }: Console, page: Page, visit: Visit) {
  try {
    return { status: 200, view: await page.show(visit) };
  } catch (error) {
    return problemView(error, services.log);
  }
}

/** Calls the API, and redirects to the next page, which shows what came of it. A second click has no second effect. */
function performAction(console: Console, action: Action): RequestHandler {
  return async (request, response) => {
    setContext(response, { route: action.path });
    const api = console.openApi(callerOf(response), request, response);
    const fields: Readonly<Record<string, string>> = request.body;
    const form = { params: paramsOf(request), field: (name: string) => fields[name]?.trim() ?? '' };
    const back = consolePath(form.field('back'));
    const key = form.field('key');
    const call: CallRoute = (given = {}) =>
      api.call(action.route, { ...(key !== '' && { idempotencyKey: key }), ...given });
    const { next = back, ...flash } = await outcomeOf(console, () => action.perform(form, call, api));
    setFlash(response, flash);
    response.redirect(303, next);
  };
}

async function outcomeOf({ services }: Console, perform: () => Promise<Done>): Promise<Flash & { next?: string }> {
  try {
    return { kind: 'done', ...(await perform()) };
  } catch (error) {
    return { kind: 'refused', message: problemView(error, services.log).message };
  }
}

/** The path itself if it is one of the console, else the console's first page. Prevents open redirects. */
function consolePath(path: string): string {
  const { origin, pathname, search } = new URL(overviewPath, 'http://console');
  const asked = URL.parse(path, origin);
  const isConsole = asked?.origin === origin && /^\/console(\/|$)/.test(asked.pathname);
  return isConsole ? `${asked.pathname}${asked.search}` : `${pathname}${search}`;
}

function callerOf(response: Response): Caller {
  const { key } = requestContext(response);
  if (!key) throw new Error('A page was served without a session.');
  return key;
}

function visitOf({ openApi, runbook }: Console, request: Request, response: Response): Visit {
  const here = new URL(request.originalUrl, 'http://console');
  return {
    api: openApi(callerOf(response), request, response),
    params: paramsOf(request),
    asked: (field) => here.searchParams.get(field)?.trim() ?? '',
    here,
    runbook,
  };
}

function paramsOf({ params }: Request): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
}
