import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const fail = (jobId: string) =>
  api.store.settle({
    jobId,
    outcome: { end: 'failed', error: 'Sold out.', leftover: 'gone' },
    attempts: 10,
    graceSeconds: 300,
    now: new Date(),
  });

const make = (jobId: string) =>
  api.store.settle({
    jobId,
    outcome: { end: 'made', machine: { providerId: `vps-${jobId}`, account: 'acc', ipv4: '192.0.2.9', ipv6: null } },
    attempts: 1,
    graceSeconds: 300,
    now: new Date(),
  });

test('a job that a worker runs is shown as running, with its progress, its attempts and its last error', async () => {
  const { serverId, jobId } = await api.buy();
  const live = { progress: { step: 'Waiting for the machine', percent: 40 }, attempts: 2, error: 'No answer.' };
  api.surroundings.jobs.set(jobId, { ...live, running: true });
  const shown = { ...live, state: 'running' };
  expect((await api.call('GET', `/v1/jobs/${jobId}`, { as: 'viewer' })).body).toMatchObject(shown);
  expect((await api.call('GET', '/v1/jobs?state=running')).body.items).toMatchObject([{ id: jobId, ...shown }]);
  expect((await api.call('GET', `/v1/servers/${serverId}`)).body.openJobs).toMatchObject([shown]);
});

test('a job that waits for a worker, or for its next attempt, is shown as queued', async () => {
  const { jobId } = await api.buy();
  const state = async () => (await api.call('GET', `/v1/jobs/${jobId}`)).body;
  expect(await state()).toMatchObject({ state: 'queued', progress: null, attempts: 0, error: null, waitsFor: null });
  api.surroundings.jobs.set(jobId, { running: false, progress: null, attempts: 1, error: 'No answer.' });
  expect(await state()).toMatchObject({ state: 'queued', attempts: 1, error: 'No answer.' });
});

test('jobs are listed by the state that people see; released finds those that are queued or running', async () => {
  const [queued, running] = [await api.buy(), await api.buy()];
  const { body } = await api.call('POST', `/v1/servers/${queued.serverId}/rebuild`);
  api.surroundings.jobs.set(running.jobId, { running: true, progress: null, attempts: 1, error: null });
  const ours = [queued.jobId, running.jobId, body.job.id];
  const idsOf = async (state: string) => {
    const { items } = (await api.call('GET', `/v1/jobs?limit=200&state=${state}`)).body;
    return items.map(({ id }: { id: string }) => id).filter((id: string) => ours.includes(id));
  };
  expect(await idsOf('waiting')).toEqual([body.job.id]);
  expect(await idsOf('queued')).toEqual([queued.jobId]);
  expect(await idsOf('running')).toEqual([running.jobId]);
  expect((await idsOf('released')).toSorted()).toEqual([queued.jobId, running.jobId].toSorted());
  api.surroundings.hasRedis = false;
  expect(await idsOf('running')).toEqual([]);
  expect((await idsOf('queued')).toSorted()).toEqual([queued.jobId, running.jobId].toSorted());
  api.surroundings.hasRedis = true;
});

test('a failed job is shown with its error and has at most one open retry', async () => {
  const { serverId, jobId } = await api.buy();
  await fail(jobId);
  const { body: failed } = await api.call('GET', `/v1/jobs/${jobId}`);
  expect(failed).toMatchObject({ state: 'failed', error: 'Sold out.', attempts: 10 });
  expect(failed.finishedAt).not.toBeNull();

  const first = await api.call('POST', `/v1/jobs/${jobId}/retry`);
  const second = await api.call('POST', `/v1/jobs/${jobId}/retry`);
  expect(first.status).toBe(202);
  expect(first.body.job).toMatchObject({ serverId, kind: 'create', retryOf: jobId });
  expect(second.body.job.id).toBe(first.body.job.id);
  expect(first.headers.get('location')).toBe(`/v1/jobs/${first.body.job.id}`);
});

test('only a failed job can be retried', async () => {
  const { jobId } = await api.buy();
  const { status, body } = await api.call('POST', `/v1/jobs/${jobId}/retry`);
  expect([status, body.type]).toEqual([409, 'urn:ghostifi:problem:not-allowed-now']);
  expect(body.detail).toContain('is queued or running; only a failed job can be retried');
});

test('a rebuild that runs is asked to stop, until its name moves to the new machine', async () => {
  const ask = async (percent: number, running = true) => {
    const { serverId, jobId } = await api.buy();
    await make(jobId);
    const { id } = (await api.call('POST', `/v1/servers/${serverId}/rebuild`)).body.job;
    api.surroundings.jobs.set(id, { running, progress: { step: 'A step', percent }, attempts: 1, error: null });
    const { status, body } = await api.call('POST', `/v1/jobs/${id}/cancel`, { as: 'storefront' });
    return { status, detail: body.detail, asked: (await api.store.readCheckpoint(id))?.cancelAsked };
  };
  expect(await ask(90)).toMatchObject({ status: 202, asked: true });
  expect(await ask(95)).toMatchObject({
    status: 409,
    asked: false,
    detail: expect.stringContaining('past the switch'),
  });
  expect(await ask(95, false), 'it waits for the DNS').toMatchObject({ status: 202, asked: true });
});

test('a waiting rebuild can be cancelled, and no other job', async () => {
  const { serverId, jobId } = await api.buy();
  const { body } = await api.call('POST', `/v1/servers/${serverId}/rebuild`, { as: 'storefront' });
  const cancelled = await api.call('POST', `/v1/jobs/${body.job.id}/cancel`, { as: 'storefront' });
  expect([cancelled.status, cancelled.body.job.state]).toEqual([202, 'cancelled']);
  const rejected = await api.call('POST', `/v1/jobs/${jobId}/cancel`);
  expect(rejected.status).toBe(409);
  expect(rejected.body.detail).toContain(`DELETE /v1/servers/${serverId}`);
});

test('jobs are listed by server, state and kind, page after page', async () => {
  const { serverId, jobId } = await api.buy();
  const rebuild = (await api.call('POST', `/v1/servers/${serverId}/rebuild`)).body.job.id;
  const idsOf = async (query: string) =>
    (await api.call('GET', `/v1/jobs?server=${serverId}${query}`)).body.items.map(({ id }: { id: string }) => id);
  expect((await idsOf('')).toSorted()).toEqual([jobId, rebuild].toSorted());
  expect(await idsOf('&state=waiting')).toEqual([rebuild]);
  expect(await idsOf('&kind=create')).toEqual([jobId]);
  const first = (await api.call('GET', `/v1/jobs?server=${serverId}&limit=1`)).body;
  expect([...(await idsOf(`&limit=1&cursor=${first.nextCursor}`)), first.items[0].id].toSorted()).toEqual(
    [jobId, rebuild].toSorted(),
  );
});
