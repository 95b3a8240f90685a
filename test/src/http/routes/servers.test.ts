import { afterAll, beforeAll, expect, test } from 'vitest';
import { destroyed } from '../../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ maxServers: 40 });
});
afterAll(() => api.close());

const made = (jobId: string) =>
  api.store.settle({
    jobId,
    outcome: {
      end: 'made',
      machine: { providerId: `vps-${jobId}`, account: 'acc', ipv4: '192.0.2.7', ipv6: '2001:db8::7' },
    },
    attempts: 1,
    graceSeconds: 300,
    now: new Date(),
  });

test('the answer to a purchase has the purchase, its server, its job, and the job’s path', async () => {
  const body = { customer: 'Ünïcode 漢字 🦊', location: 'ams', plan: 'vc2-2c-4gb', reference: 'order 12' };
  const headers = { 'idempotency-key': 'first' };
  const answer = await api.call('POST', '/v1/purchases', { as: 'storefront', body, headers });
  const { purchase, server, job } = answer.body;
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
  expect(purchase).toMatchObject(body);
  expect(server).toMatchObject({
    ...body,
    purchaseId: purchase.id,
    status: 'installing',
    hostname: `${server.id}.vpn.test`,
  });
  expect(job).toMatchObject({ serverId: server.id, kind: 'create', state: 'queued', attempts: 0, error: null });
  const stored = await api.store.readJob(job.id);
  expect(stored).toMatchObject({ requestedBy: 'key:shop', requestId: answer.headers.get('x-request-id') });
});

test('a purchase without a plan gets the default one', async () => {
  const { serverId } = await api.buy();
  expect((await api.call('GET', `/v1/servers/${serverId}`)).body.plan).toBe('vc2-1c-1gb');
});

test('a server shows the monthly cost of its machine if it is known', async () => {
  const { serverId, jobId } = await api.buy();
  const costOf = async () => {
    const { items } = (await api.call('GET', '/v1/servers')).body;
    const listed = items.find(({ id }: { id: string }) => id === serverId).monthlyCost;
    expect((await api.call('GET', `/v1/servers/${serverId}`)).body.monthlyCost).toEqual(listed);
    return listed;
  };
  const plan = { id: 'vc2-1c-1gb', cpus: 1, memoryMb: 1024, monthlyCost: 5.5, currency: 'USD', locations: ['ams'] };
  api.surroundings.catalogue = { locations: [], plans: [plan] };
  expect(await costOf()).toBeNull();
  await made(jobId);
  expect(await costOf()).toEqual({ amount: 5.5, currency: 'USD' });
  api.surroundings.catalogue = null;
  expect(await costOf()).toBeNull();
});

test('a server shows its machine and its open jobs in their order', async () => {
  const { serverId, jobId } = await api.buy();
  const fresh = await api.call('GET', `/v1/servers/${serverId}`, { as: 'viewer' });
  expect(fresh.body).toMatchObject({ status: 'installing', machine: null, openJobs: [{ id: jobId, waitsFor: null }] });

  const rebuild = await api.call('POST', `/v1/servers/${serverId}/rebuild`, { body: { location: 'ewr' } });
  const [, waiting] = (await api.call('GET', `/v1/servers/${serverId}`)).body.openJobs;
  expect(waiting).toMatchObject({ id: rebuild.body.job.id, state: 'waiting', location: 'ewr', waitsFor: jobId });

  await made(jobId);
  const { body } = await api.call('GET', `/v1/servers/${serverId}`);
  expect(body).toMatchObject({
    status: 'rebuilding',
    machine: { ipv4: '192.0.2.7', ipv6: '2001:db8::7', location: 'ams' },
    openJobs: [{ kind: 'rebuild', waitsFor: null }],
  });
});

test('a second destroy returns the same job, and a later rebuild is rejected with the allowed commands', async () => {
  const { serverId } = await api.buy();
  const first = await api.call('DELETE', `/v1/servers/${serverId}`, { as: 'storefront' });
  const second = await api.call('DELETE', `/v1/servers/${serverId}`, { as: 'storefront' });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.body.job.id).toBe(first.body.job.id);

  await api.store.settle({
    jobId: (await api.store.readServer(serverId))?.openJobs[0]?.id ?? '',
    outcome: { end: 'cancelled', error: 'destroyed' },
    attempts: 1,
    graceSeconds: 0,
    now: new Date(),
  });
  const rejected = await api.call('POST', `/v1/servers/${serverId}/rebuild`);
  expect(rejected.status).toBe(409);
  expect(rejected.body).toMatchObject({ serverStatus: 'destroying', allowed: ['destroy'] });
});

test('servers are listed newest first, page after page, each once', async () => {
  const bought: string[] = [];
  for (let n = 0; n < 5; n += 1) bought.push((await api.buy({ customer: 'pages', reference: `r-${n}` })).serverId);
  const seen: string[] = [];
  let path = '/v1/servers?customer=pages&limit=2';
  for (let pages = 0; pages < 4; pages += 1) {
    const { body } = await api.call('GET', path);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    if (!body.nextCursor) break;
    path = `/v1/servers?customer=pages&limit=2&cursor=${body.nextCursor}`;
  }
  expect(seen).toHaveLength(5);
  expect(seen.toSorted()).toEqual(bought.toSorted());
  const { body } = await api.call('GET', '/v1/servers?customer=pages&reference=r-3');
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual([bought[3]]);
});

test.each([
  ['in another case', 'josé%2BVPN@EXAMPLE.com'],
  ['with an accent of its own', 'Jose%CC%81%2Bvpn@example.com'],
  ['in capitals, with an accent of its own', 'JOSE%CC%81%2BVPN@EXAMPLE.COM'],
  ['as given', 'Jos%C3%A9%2Bvpn@example.com'],
])('a customer is found %s, and shown as given', async (_what, asked) => {
  const customer = 'Jos\u00e9+vpn@example.com';
  const { serverId } = await api.buy({ customer, reference: 'Order-7' });
  await api.buy({ customer: 'jose+vpn@example.com' });
  const { body } = await api.call('GET', `/v1/servers?customer=${asked}&limit=1`);
  expect(body.items).toMatchObject([{ id: serverId, customer }]);
  expect((await api.call('GET', `/v1/servers?customer=${asked}&reference=Order-7`)).body.items[0].id).toBe(serverId);
  expect((await api.call('GET', `/v1/servers?customer=${asked}&reference=order-7`)).body.items).toEqual([]);
});

test('the history of a server is listed oldest first, page after page', async () => {
  const { serverId, jobId } = await api.buy();
  await made(jobId);
  const events: string[] = [];
  let cursor = '';
  do {
    const { body } = await api.call('GET', `/v1/servers/${serverId}/history?limit=1${cursor}`);
    events.push(...body.items.map(({ event }: { event: string }) => event));
    cursor = body.nextCursor && `&cursor=${body.nextCursor}`;
  } while (cursor);
  expect(events).toEqual(['purchased', 'started', 'succeeded']);
});

/** The message does not name the machine, because only `detail` may be read. */
function raiseUnknownMachine(id: string, detail: object | null): Promise<unknown> {
  const raisedAt = new Date('2026-01-01T00:00:00Z');
  const unknown = { id: `unknown-machine:${id}`, kind: 'unknown-machine', subject: id, message: 'Look.' };
  return api.store.raiseAlert({ ...unknown, raisedAt, detail });
}

test('only an operator can order the removal of an unknown machine, and only if an alert names it', async () => {
  await raiseUnknownMachine('vps-9', { machineName: 'gf-lost-1', serverId: 'lost' });
  const remove = (id: string, as: 'operator' | 'storefront' = 'operator', name = 'gf-lost-1') =>
    api.call('POST', `/v1/machines/${id}/remove`, { as, body: { name } });
  expect(await remove('vps-9', 'operator', 'gf-lost-2')).toMatchObject({
    status: 422,
    body: { detail: expect.stringMatching(/Machine vps-9 is named gf-lost-1, not gf-lost-2/) },
  });
  expect(await api.store.readOrderedRemoval('vps-9')).toBeNull();
  expect(await remove('vps-9')).toMatchObject({ status: 202, body: { machine: { id: 'vps-9', name: 'gf-lost-1' } } });
  expect(await api.store.readOrderedRemoval('vps-9')).toMatchObject({ name: 'gf-lost-1', orderedBy: 'boss' });
  expect((await remove('vps-8')).status).toBe(404);
  expect((await remove('vps-9', 'storefront')).status).toBe(403);
  expect((await api.call('POST', '/v1/machines/vps-9/remove')).status).toBe(422);
});

test('an order does not remove the last machine of a server that is not destroyed', async () => {
  const { serverId } = await api.buy({ customer: 'ada' });
  const name = `gf-${serverId}-2`;
  await raiseUnknownMachine('vps-7', { machineName: name, serverId });
  const { status, body } = await api.call('POST', '/v1/machines/vps-7/remove', { body: { name } });
  expect([status, body.detail]).toEqual([409, expect.stringMatching(/Rebuild the server/)]);
});

test('the removal must wait for the next inventory if the alert of an older version has no detail', async () => {
  await raiseUnknownMachine('vps-6', null);
  const { status, body } = await api.call('POST', '/v1/machines/vps-6/remove', { body: { name: 'gf-lost-1' } });
  expect([status, body.detail]).toEqual([409, expect.stringMatching(/next inventory/)]);
  expect(await api.store.readOrderedRemoval('vps-6')).toBeNull();
});

test('the removal of a machine of a destroyed server is accepted', async () => {
  const { id: serverId } = await destroyed(api.store);
  const name = `gf-${serverId}-2`;
  await raiseUnknownMachine('vps-5', { machineName: name, serverId });
  expect((await api.call('POST', '/v1/machines/vps-5/remove', { body: { name } })).status).toBe(202);
  expect(await api.store.readOrderedRemoval('vps-5')).toMatchObject({ name });
});

test('the history of a server that was pruned can still be read, and its server not', async () => {
  const { id } = await destroyed(api.store);
  await api.store.prune('servers', { before: new Date(), after: '' });
  expect((await api.call('GET', `/v1/servers/${id}`)).status).toBe(404);
  const { status, body } = await api.call('GET', `/v1/servers/${id}/history`);
  expect([status, body.items[0].event, body.items.at(-1).event]).toEqual([200, 'purchased', 'succeeded']);
  expect((await api.call('GET', '/v1/servers/srv-none/history')).status).toBe(404);
});
