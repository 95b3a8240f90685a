import { afterAll, beforeAll, expect, test } from 'vitest';
import { made, removed, settle } from '../../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

async function running(): Promise<string> {
  const { serverId, jobId } = await api.buy();
  await settle(api.store, jobId, made);
  return serverId;
}

const post = (serverId: string, act: 'suspend' | 'resume' | 'rebuild', body: object | undefined = undefined) =>
  api.call('POST', `/v1/servers/${serverId}/${act}`, { as: 'storefront', ...(body && { body }) });
const reason = 'past-due since 2026-11-01';

test('a server is suspended with a reason that it shows, and resumed', async () => {
  const serverId = await running();
  const suspension = await post(serverId, 'suspend', { reason });
  expect(suspension.status).toBe(202);
  expect(suspension.body).toMatchObject({
    server: { status: 'suspending', heldReason: reason },
    job: { kind: 'suspend', state: 'queued' },
  });
  expect(suspension.headers.get('location')).toBe(`/v1/jobs/${suspension.body.job.id}`);
  expect((await post(serverId, 'suspend', { reason: 'another' })).body.job.id).toBe(suspension.body.job.id);
  await settle(api.store, suspension.body.job.id, removed);
  const shown = (await api.call('GET', `/v1/servers/${serverId}`)).body;
  expect(shown).toMatchObject({ status: 'suspended', heldReason: reason, machine: null, monthlyCost: null });
  expect(await post(serverId, 'rebuild')).toMatchObject({
    status: 409,
    body: { serverStatus: 'suspended', allowed: ['suspend', 'resume', 'destroy'] },
  });
  const resumed = await post(serverId, 'resume');
  expect(resumed.body).toMatchObject({ server: { status: 'resuming' }, job: { kind: 'resume', state: 'queued' } });
  await settle(api.store, resumed.body.job.id, made);
  expect((await api.call('GET', `/v1/servers/${serverId}`)).body).toMatchObject({
    status: 'running',
    heldReason: null,
    generation: 2,
  });
  const listed = (await api.call('GET', '/v1/jobs?kind=suspend')).body.items;
  expect(listed.map(({ id }: { id: string }) => id)).toContain(suspension.body.job.id);
});

test('a resume before the suspension has begun cancels it', async () => {
  const { serverId } = await api.buy();
  const suspension = await post(serverId, 'suspend', { reason });
  expect(suspension.body).toMatchObject({
    server: { status: 'installing', heldReason: null },
    job: { state: 'waiting' },
  });
  const undone = await post(serverId, 'resume');
  expect([undone.status, undone.body.job]).toMatchObject([202, { id: suspension.body.job.id, state: 'cancelled' }]);
});

test('a resume of a running server is refused with the allowed commands', async () => {
  const { status, body } = await post(await running(), 'resume');
  expect([status, body.serverStatus, body.allowed]).toEqual([409, 'running', ['rebuild', 'suspend', 'destroy']]);
});

test.each([
  [{}, '/reason'],
  [{ reason: '' }, '/reason'],
  [{ reason: 'x'.repeat(201) }, '/reason'],
  [{ reason: 'two\nlines' }, '/reason'],
  [{ reason: 'ada@example.com has not paid' }, '/reason'],
  [{ reason, until: 'tomorrow' }, '/until'],
])('the suspension %j is refused at %s', async (body, pointer) => {
  const answer = await post((await api.buy()).serverId, 'suspend', body);
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer]);
});

test('the same key gets the same answer, and suspends once', async () => {
  const serverId = await running();
  const call = () =>
    api.call('POST', `/v1/servers/${serverId}/suspend`, { body: { reason }, headers: { 'idempotency-key': 'hold-1' } });
  const [first, second] = [await call(), await call()];
  expect(second.body).toEqual(first.body);
  expect(second.headers.get('idempotency-replayed')).toBe('true');
});

test('servers are listed by the new statuses', async () => {
  const serverId = await running();
  await post(serverId, 'suspend', { reason });
  const { body } = await api.call('GET', '/v1/servers?status=suspending');
  expect(body.items.map(({ id }: { id: string }) => id)).toContain(serverId);
});
