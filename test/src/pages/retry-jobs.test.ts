import { afterAll, beforeAll, expect, test } from 'vitest';
import { customerScopes } from '#db/keys.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { PageApi } from '#src/pages/api/page-api.ts';
import { mostRetries, retryJobs } from '#src/pages/jobs/actions.ts';
import { failed, made } from '../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { makeKey } from '../http/make-key.ts';
import { type Visitor, visitor } from './visitor.ts';

let api: TestApi;
let operator: Visitor;
beforeAll(async () => {
  api = await startTestApi();
  operator = await visitor(api, 'operator');
});
afterAll(() => api.close());

/** Many purchases, one after another. */
const slow = { timeout: 180_000 };

const settle = (jobId: string, outcome: typeof made | typeof failed) =>
  api.store.settle({ jobId, outcome, attempts: 1, graceSeconds: 0, now: new Date() });

async function failedCreate(): Promise<string> {
  const { jobId, serverId } = await api.buy();
  await settle(jobId, failed);
  return serverId;
}

const retriesOf = async (serverId: string) =>
  (await api.store.readJobs({ serverId, limit: 9 })).filter(({ retryOf }) => retryOf !== null).length;

test('all failed jobs that fit the filter are retried, also those of other pages', slow, async () => {
  const servers: string[] = [];
  for (let n = 0; n < 52; n++) servers.push(await failedCreate());
  const [gone = '', only = ''] = servers;
  await api.call('DELETE', `/v1/servers/${gone}`);
  const one = await operator.get(`/console/jobs?state=failed&server=${only}`);
  expect((await operator.submit(one, '/console/jobs/retry')).text).toContain('1 retries are recorded.');
  const { text } = await operator.get('/console/jobs?state=failed&kind=rebuild');
  expect(text).not.toContain('/console/jobs/retry');
  const page = await operator.get('/console/jobs?state=failed&kind=create');
  expect(page.text).toContain(`At most ${mostRetries} at once`);
  expect((await operator.submit(page, '/console/jobs/retry')).text).toContain('50 retries are recorded.');
  const counts = await Promise.all(servers.map(retriesOf));
  expect(counts).toEqual(servers.map((id) => (id === gone ? 0 : 1)));
  expect((await operator.submit(page, '/console/jobs/retry')).text).toContain('is worth a retry');
});

test('a job whose retry has succeeded is not retried again', async () => {
  const { jobId, serverId } = await api.buy();
  await settle(jobId, made);
  const { body } = await api.call('POST', `/v1/servers/${serverId}/rebuild`, { body: {} });
  await settle(body.job.id, failed);
  const page = await operator.get(`/console/jobs?server=${serverId}`);
  const others = await operator.submit(page, '/console/jobs/retry', { kind: 'suspend' });
  expect(others.text).toContain('is worth a retry');
  await operator.submit(page, '/console/jobs/retry');
  const [retry] = await api.store.readJobs({ serverId, limit: 1 });
  await settle(retry?.id ?? '', made);
  const next = await operator.get(`/console/jobs?server=${serverId}`);
  expect((await operator.submit(next, '/console/jobs/retry')).text).toContain('is worth a retry');
  expect(await retriesOf(serverId)).toBe(1);
});

test('a form that is sent again retries nothing more, and the next page has one that does', async () => {
  const serverId = await failedCreate();
  const path = `/console/jobs?server=${serverId}`;
  const page = await operator.get(path);
  expect((await operator.submit(page, '/console/jobs/retry')).text).toContain('1 retries are recorded.');
  const [retry] = await api.store.readJobs({ serverId, limit: 1 });
  await settle(retry?.id ?? '', failed);
  expect((await operator.submit(page, '/console/jobs/retry')).text).toContain('This form was sent before');
  expect(await retriesOf(serverId)).toBe(1);
  expect((await operator.submit(await operator.get(path), '/console/jobs/retry')).text).toContain('1 retries');
  expect(await retriesOf(serverId)).toBe(2);
});

test('a form that is sent twice at once retries each job once', async () => {
  const servers = [await failedCreate(), await failedCreate()];
  const page = await operator.get('/console/jobs?state=failed&kind=create');
  const send = () => operator.submit(page, '/console/jobs/retry');
  await Promise.all([send(), send()]);
  expect(await Promise.all(servers.map(retriesOf))).toEqual([1, 1]);
});

test('a session that may not retry has no button for it, and is refused', async () => {
  const serverId = await failedCreate();
  const viewer = await visitor(api, 'viewer');
  const path = `/console/jobs?server=${serverId}`;
  expect((await viewer.get(path)).text).not.toContain('/console/jobs/retry');
  expect((await viewer.get(`/console/servers/${serverId}`)).text).not.toContain('/retry"');
  const { text } = await viewer.post('/console/jobs/retry', { key: 'console-x', server: serverId, back: path });
  expect(text).toContain('1 were refused: Key look does not have the scope');
  expect(await retriesOf(serverId)).toBe(0);
});

test('a key of one customer sees no failed job of another as worth a retry', async () => {
  await failedCreate();
  const seenBy = async (customer: string): Promise<number> => {
    const authorization = `Bearer ${await makeKey(api, { scopes: customerScopes, customer })}`;
    const answer = await fetch(`${api.url}/v1/jobs?retriable=true`, { headers: { authorization } });
    return ((await answer.json()) as { items: unknown[] }).items.length;
  };
  expect([await seenBy('nobody'), (await seenBy('c-1')) > 0]).toEqual([0, true]);
});

test('the answer says how many were refused and why, and whether more fit', async () => {
  const items = ['job-1', 'job-2', 'job-3'].map((id) => ({ id }));
  const asked: unknown[] = [];
  const pages = {
    may: () => true,
    call: async (...call: unknown[]) => {
      asked.push(call);
      return { items, nextCursor: 'more' };
    },
  } as unknown as PageApi;
  const call = async (given: { params?: object } = {}) => {
    if (JSON.stringify(given).includes('job-2')) throw new Problem('not-allowed-now', 'Server srv-2 is busy.');
    return given as never;
  };
  const { message } = await retryJobs.perform(
    { params: {}, field: (name) => (name === 'kind' ? 'create' : '') },
    call,
    pages,
  );
  expect(asked).toMatchObject([['GET /v1/jobs', { query: { retriable: 'true', kind: 'create', limit: '200' } }]]);
  expect(message).toBe(
    '2 retries are recorded. 1 were refused: Server srv-2 is busy. More jobs fit the filter: retry again to go on.',
  );
});
