import { afterEach, beforeEach, expect, test } from 'vitest';
import { alert } from '#queues/alerts/alert.ts';
import { actions } from '#src/pages/actions.ts';
import { pages } from '#src/pages/pages.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { makeKey } from '../http/make-key.ts';
import { visitor } from './visitor.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const concrete = (path: string) => path.replaceAll(/:\w+/g, 'none');

test('before the sign-in, the landing page has the state and nothing else', async () => {
  const { status, text } = await (await visitor(api, null)).get('/');
  expect(status).toBe(200);
  expect(text).toContain('All is well. Purchases are accepted.');
  expect([...text.matchAll(/href="([^"]*)"/g)].map(([, path]) => path?.replace(/\/assets\/\w+/, ''))).toEqual([
    '/docs/favicon-32x32.png',
    '/console.css',
    '/admin/login?next=%2Fconsole',
  ]);
});

test('the landing page says in words what is not well', async () => {
  api.surroundings.queue = null;
  const { text } = await (await visitor(api, null)).get('/');
  expect(text).toContain('Purchases are accepted. Redis does not answer as it should: jobs start later.');
});

test('after the sign-in, the landing page leads everywhere', async () => {
  const { text } = await (await visitor(api, 'viewer')).get('/');
  for (const path of ['/console', '/admin/queues', '/docs', '/console/runbook']) expect(text).toContain(`"${path}"`);
});

test.each(pages.map(({ path }) => concrete(path)))('%s leads to the sign-in without a session', async (path) => {
  const answer = await fetch(api.url + path, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([
    303,
    `/admin/login?next=${encodeURIComponent(path)}`,
  ]);
});

test.each(actions.map(({ path }) => concrete(path)))('%s is refused to a page of another site', async (path) => {
  const operator = await visitor(api, 'operator');
  expect((await operator.post(path, {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await operator.post(path, {}, {})).status).toBe(403);
});

test('a storefront has no console', async () => {
  const { status } = await api.call('GET', '/console', { as: 'storefront' });
  expect(status).toBe(403);
});

test('a key of one customer has no console, whatever its scopes', async () => {
  const secret = await makeKey(api, { scopes: ['servers:read', 'servers:write', 'board:read'], customer: 'Ann' });
  const someone = await visitor(api, null);
  await someone.post('/admin/login', { token: secret, next: '/console/runbook' });
  expect((await someone.get('/console/servers')).status).toBe(303);
  const headers = { authorization: `Bearer ${secret}` };
  expect((await fetch(`${api.url}/console/servers`, { headers })).status).toBe(403);
});

test('pages run nothing inline and load nothing from elsewhere, and nothing stores them', async () => {
  const operator = await visitor(api, 'operator');
  for (const { path } of pages) {
    const { headers, text } = await operator.get(concrete(path));
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(
      /<style|<script(?![^>]*src=)|\son\w+=|\sstyle=|javascript:|(src|href|action)="(https?:)?\/\//i,
    );
  }
});

test('an operator opens the sale from its alert; a viewer has no button for it', async () => {
  await api.store.changeSale(
    { open: false, by: 'boss', reason: 'Stock' },
    { requestedBy: 'key:boss', requestId: 'r', now: new Date() },
  );
  api.surroundings.alerts = [
    alert({ kind: 'sale-stopped', subject: 'sale', message: 'The sale is stopped.', raisedAt: new Date() }),
  ];
  const viewer = await visitor(api, 'viewer');
  const [operator, seen] = [await visitor(api, 'operator'), await viewer.get('/console')];
  expect(seen.text).toContain('The sale is stopped.');
  expect(seen.text).not.toContain('<form class="act"');
  const done = await operator.submit(await operator.get('/console'), '/console/sale/open');
  expect(done.text).toContain('The sale is open again.');
  expect((await api.store.readSwitches()).sale).toMatchObject({ open: true, by: 'boss' });
  const refused = await viewer.post('/console/sale/stop');
  expect(refused.text).toContain('Key look does not have the scope');
  expect((await api.store.readSwitches()).sale.open).toBe(true);
});

test('a form that is sent twice has one effect', async () => {
  const { serverId } = await api.buy();
  const operator = await visitor(api, 'operator');
  const fields = { key: 'console-1', back: '/console/servers', name: 'x', typed: 'x' };
  const [first, second] = [
    await operator.post(`/console/servers/${serverId}/rebuild`, fields),
    await operator.post(`/console/servers/${serverId}/rebuild`, fields),
  ];
  expect([first.status, second.status]).toEqual([200, 200]);
  const jobs = await api.store.readJobs({ serverId, limit: 10 });
  expect(jobs.filter(({ kind }) => kind === 'rebuild')).toHaveLength(1);
});

test('a message is shown once', async () => {
  const operator = await visitor(api, 'operator');
  expect((await operator.post('/console/sale/stop', { back: '/console/servers' })).text).toContain('is stopped');
  expect((await operator.get('/console/servers')).text).not.toContain('is stopped');
});

test('a form cannot lead to another site', async () => {
  const operator = await visitor(api, 'operator');
  for (const back of ['https://evil.test/', '//evil.test', '/console/../admin/logout', '/consolex'])
    expect((await operator.post('/console/sale/stop', { back })).text).toContain('<h1>Overview</h1>');
});
