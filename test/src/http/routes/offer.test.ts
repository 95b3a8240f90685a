import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

test('an unavailable location or plan is rejected with a list of the available ones', async () => {
  const { serverId } = await api.buy();
  api.surroundings.catalogue = {
    locations: [
      { id: 'ams', city: 'Amsterdam', country: 'NL' },
      { id: 'ewr', city: 'New Jersey', country: 'US' },
    ],
    plans: [{ id: 'vc2-1c-1gb', cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ams'] }],
  };
  const order = (body: object, key: string) =>
    api.call('POST', '/v1/purchases', { body: { customer: 'c', ...body }, headers: { 'idempotency-key': key } });
  const before = (await api.store.readServers({ limit: 100 })).length;

  const nowhere = await order({ location: 'atlantis' }, 'o1');
  expect([nowhere.status, nowhere.body.available]).toEqual([422, { locations: ['ams', 'ewr'] }]);
  const noPlan = await order({ location: 'ams', plan: 'mainframe' }, 'o2');
  expect([noPlan.status, noPlan.body.available]).toEqual([422, { plans: ['vc2-1c-1gb'] }]);
  const notThere = await order({ location: 'ewr' }, 'o3');
  expect([notThere.status, notThere.body.available]).toEqual([422, { locations: ['ams'] }]);
  const rebuild = await api.call('POST', `/v1/servers/${serverId}/rebuild`, { body: { location: 'atlantis' } });
  expect([rebuild.status, rebuild.body.available]).toEqual([422, { locations: ['ams', 'ewr'] }]);
  expect(await api.store.readServers({ limit: 100 })).toHaveLength(before);

  expect((await order({ location: 'ams' }, 'o1b')).status).toBe(202);
  expect((await api.call('GET', '/v1/locations', { as: 'storefront' })).body.items).toHaveLength(2);
  expect((await api.call('GET', '/v1/plans', { as: 'viewer' })).body.items[0]).toMatchObject({
    monthlyCost: 5,
    currency: 'USD',
  });
  api.surroundings.catalogue = null;
});

describe('a plan that its cloud has retired', () => {
  const plan = { cpus: 2, memoryMb: 4096, monthlyCost: 3.79, currency: 'EUR' };
  const retired = {
    locations: [{ id: 'ams', city: 'Amsterdam', country: 'NL' }],
    plans: [
      { ...plan, id: 'cx22', locations: [], soldIn: [] },
      { ...plan, id: 'cx23', locations: ['ams'], soldIn: ['ams'] },
    ],
  };
  const rebuild = (serverId: string, body: object = {}) =>
    api.call('POST', `/v1/servers/${serverId}/rebuild`, { body });
  let serverId = '';
  beforeAll(async () => {
    ({ serverId } = await api.buy({ plan: 'cx22' }));
    api.surroundings.catalogue = retired;
  });
  afterAll(() => {
    api.surroundings.catalogue = null;
  });

  test('is not sold, and the answer names the plans that are', async () => {
    const body = { customer: 'c', location: 'ams', plan: 'cx22' };
    const answer = await api.call('POST', '/v1/purchases', { body, headers: { 'idempotency-key': 'retired' } });
    expect([answer.status, answer.body.available]).toEqual([422, { plans: ['cx23'] }]);
  });

  test.each([{}, { location: 'ams' }])('refuses the rebuild %j, and nothing changes', async (body) => {
    const { status, body: problem } = await rebuild(serverId, body);
    expect([status, problem.type]).toEqual([422, 'urn:ghostifi:problem:not-offered']);
    expect((await api.store.readServer(serverId))?.openJobs.map(({ kind }) => kind)).toEqual(['create']);
  });

  test('says in the refusal of a rebuild in place that the machine stays, and what to do', async () => {
    expect((await rebuild(serverId)).body.detail).toMatch(
      /does not sell the plan cx22: server srv-\S+ keeps its machine\. .* Available: plans cx23; locations none\.$/,
    );
  });

  test('leaves a rebuild with another plan, which is made and costs what that plan costs', async () => {
    api.surroundings.catalogue = null;
    const { serverId, jobId } = await api.buy({ plan: 'cx22', location: 'ams' });
    api.surroundings.catalogue = retired;
    const machine = { providerId: 'vps-1', account: 'acc', ipv4: '192.0.2.1', ipv6: null };
    const settling = { attempts: 1, graceSeconds: 0, now: new Date() };
    await api.store.settle({ jobId, outcome: { end: 'made', machine }, ...settling });
    const { status, body } = await rebuild(serverId, { plan: 'cx23' });
    expect(status).toBe(202);
    expect((await rebuild(serverId, { plan: 'cx99' })).body.available).toEqual({ plans: ['cx22', 'cx23'] });
    const next = { ...machine, providerId: 'vps-2', ipv4: '192.0.2.2' };
    await api.store.settle({ jobId: body.job.id, outcome: { end: 'made', machine: next }, ...settling });
    const server = (await api.call('GET', `/v1/servers/${serverId}`)).body;
    expect(server).toMatchObject({ plan: 'cx23', status: 'running', monthlyCost: { amount: plan.monthlyCost } });
  });

  test('refuses no rebuild of a plan that is only sold out', async () => {
    const { serverId } = await api.buy({ plan: 'cx23' });
    const sold = { ...plan, id: 'cx23', locations: [], soldIn: ['ams'] };
    api.surroundings.catalogue = { ...retired, plans: [sold] };
    expect((await rebuild(serverId)).status).toBe(202);
    api.surroundings.catalogue = retired;
  });

  test('refuses no rebuild that adopts a machine without a row', async () => {
    const alert = { id: 'unknown-machine:vps-1', kind: 'unknown-machine', subject: 'vps-1', message: 'Look.' };
    const detail = { machineName: `gf-${serverId}-2`, serverId };
    await api.store.raiseAlert({ ...alert, raisedAt: new Date(), detail });
    expect((await rebuild(serverId)).status).toBe(202);
  });
});

test('the offer gives 503 until a worker has read the catalogue', async () => {
  const { status, headers } = await api.call('GET', '/v1/locations');
  expect([status, headers.get('retry-after')]).toEqual([503, '10']);
});
