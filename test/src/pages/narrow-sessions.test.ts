import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scope, scopes } from '#db/keys.ts';
import { alert, alertKinds } from '#queues/alerts/alert.ts';
import { routes } from '#src/http/routes.ts';
import { actions } from '#src/pages/actions.ts';
import { failed } from '../../db/conformance/fixture.ts';
import { makeKey } from '../http/make-key.ts';
import { type PaymentsApi, startPaymentsApi } from '../http/routes/payments-api.ts';
import { visitor } from './visitor.ts';

let its: PaymentsApi;
let serverId: string;
beforeAll(async () => {
  its = await startPaymentsApi();
  const bought = await its.api.buy();
  serverId = bought.serverId;
  await its.api.store.settle({ ...bought, outcome: failed, attempts: 1, graceSeconds: 0, now: new Date() });
});
afterAll(() => its.close());

/** The scopes of the routes that the forms of the page ask for. */
function asked(text: string): Scope[] {
  const paths = [...text.matchAll(/<form class="act" method="post" action="([^"]*)"/g)].map(([, path]) => path ?? '');
  return paths.map((path) => {
    const action = actions.find((one) => new RegExp(`^${one.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path));
    const route = routes.find((one) => `${one.method.toUpperCase()} ${one.path}` === action?.route);
    if (!route || route.access === 'anyone') throw new Error(`No route is behind ${path}.`);
    return route.access;
  });
}

/** Enough for the overview to show all of them with their buttons. */
const perOverview = 15;

test.each(scopes)('every alert is shown to a session with %s, with nothing that refuses', async (scope) => {
  const own: Scope[] = ['board:read', 'alerts:read', scope];
  const someone = await visitor(its.api, null);
  await someone.post('/admin/login', { token: await makeKey(its.api, { scopes: own }), next: '/console/runbook' });
  const detail = { serverId };
  for (let from = 0; from < alertKinds.length; from += perOverview) {
    const kinds = alertKinds.slice(from, from + perOverview);
    its.api.surroundings.alerts = kinds.map((kind) =>
      alert({ kind, subject: `of-${kind}`, message: 'Look.', raisedAt: new Date(), detail }),
    );
    const { status, text } = await someone.get('/console');
    expect([status, text.match(/<article/g)?.length], text.slice(0, 2_000)).toEqual([200, kinds.length]);
    expect(own).toEqual(expect.arrayContaining(asked(text)));
    for (const [, path = ''] of text.matchAll(/<a class="button[^"]*" href="([^"]*)"/g))
      expect((await someone.get(path.replaceAll('&#38;', '&'))).status, path).not.toBe(403);
  }
});
