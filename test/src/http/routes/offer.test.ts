import { afterAll, beforeAll, expect, test } from 'vitest';
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

test('the offer gives 503 until a worker has read the catalogue', async () => {
  const { status, headers } = await api.call('GET', '/v1/locations');
  expect([status, headers.get('retry-after')]).toEqual([503, '10']);
});
