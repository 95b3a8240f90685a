import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventTypes } from '#db/events.ts';
import { sentenceOf } from '#src/http/shapes/sentence.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

interface Shown {
  readonly id: string;
  readonly type: string;
  readonly message: string;
  readonly causes: readonly string[];
}

test('a machine, found by its past address, leads to its purchase', async () => {
  const { serverId, jobId } = await api.buy();
  const machine = { providerId: 'vps-77', account: 'acc', ipv4: '192.0.2.77', ipv6: '2001:db8::77' };
  const about = { service: 'simulator', operation: 'create', target: 'vps-77', outcome: 'ok' } as const;
  const call = { n: 1, at: new Date(), ...about, ms: 812, message: null };
  const settling = { attempts: 1, graceSeconds: 0, now: new Date() };
  await api.store.settle({ jobId, outcome: { end: 'made', machine }, calls: [call], ...settling });
  const destroy = (await api.call('DELETE', `/v1/servers/${serverId}`)).body.job.id;
  await api.store.settle({ jobId: destroy, outcome: { end: 'removed' }, ...settling });
  const { status, body } = await api.call('GET', '/v1/why?address=2001:DB8:0::77');
  expect(status).toBe(200);
  const subject = { kind: 'address', value: '2001:db8::77', serverId, machine: `gf-${serverId}-1` };
  expect(body).toMatchObject({ subject, complete: true });
  const chain: Shown[] = body.chain;
  expect(chain.map(({ message }) => message)).toEqual([
    'Shop bought the server (plan vc2-1c-1gb, location ams).',
    `The create succeeded (machine gf-${serverId}-1 at 192.0.2.77 and 2001:db8::77, about vps-77).`,
    'Boss asked for the destroy.',
    `The destroy succeeded (machine gf-${serverId}-1 at 192.0.2.77 and 2001:db8::77).`,
  ]);
  expect(chain.map(({ causes }) => causes)).toEqual([[], [chain[0]?.id], [], [chain[2]?.id]]);
  expect(body.chain[1].calls).toEqual([{ ...about, at: call.at.toISOString(), ms: 812, message: null }]);
  for (const query of ['machine=vps-77', `machine=gf-${serverId}-1`, 'address=192.0.2.77'])
    expect((await api.call('GET', `/v1/why?${query}`)).body.chain).toEqual(body.chain);
  expect((await api.call('GET', `/v1/why?hostname=${serverId}.vpn.test`)).body.subject.serverId).toBe(serverId);
});

test.each([
  '',
  'server=srv-1&job=job-1',
  'server=srv_1',
  'address=example.com',
  'hostname=nothing',
  'machine=a%20b',
  'subscription=cus_1',
])('the query %j is refused', async (query) => {
  const { status, body } = await api.call('GET', `/v1/why?${query}`);
  expect(status).toBe(400);
  expect(body.errors).toHaveLength(1);
});

test.each([
  'server=srv-1',
  'machine=none',
  'address=203.0.113.9',
  'hostname=a.test',
  'job=job-1',
  'subscription=sub_1',
])('nothing is found about %s', async (query) => {
  const { status, body } = await api.call('GET', `/v1/why?${query}`);
  expect(status).toBe(404);
  expect(body.detail).toBe(`Nothing is recorded about ${query.replace('=', ' ')}.`);
});

test('every type of event has a sentence', () => {
  const rest = { id: 1, uid: 'evt-1', at: new Date(), cause: null, requestId: null, serverId: null, jobId: null };
  const event = {
    ...rest,
    actor: 'key:shop',
    subscriptionId: null,
    subject: null,
    detail: { kind: 'create' },
  } as const;
  for (const type of eventTypes) expect(sentenceOf({ ...event, type })).toMatch(/^[A-Z][a-z]* [^_]+\.$/);
});
