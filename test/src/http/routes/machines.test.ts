import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const raisedAt = new Date('2026-01-01T00:00:00Z');

function raiseAlert(kind: string, subject: string, detail: object | null): Promise<unknown> {
  return api.store.raiseAlert({ id: `${kind}:${subject}`, kind, subject, message: 'Look.', raisedAt, detail });
}

const remove = (id: string, name: string) => api.call('POST', `/v1/machines/${id}/remove`, { body: { name } });

/** A server that has a machine of its own. */
async function runningServer(): Promise<string> {
  const { serverId, jobId } = await api.buy();
  const machine = { providerId: `vps-of-${serverId}`, account: 'acc', ipv4: '192.0.2.7', ipv6: null };
  await api.store.settle({
    jobId,
    outcome: { end: 'made', machine },
    attempts: 1,
    graceSeconds: 300,
    now: new Date(),
  });
  return serverId;
}

test('an unknown machine is removed by order while its server has a machine that is listed', async () => {
  const serverId = await runningServer();
  await raiseAlert('unknown-machine', 'vps-1', { machineName: 'renamed', serverId });
  expect((await remove('vps-1', 'renamed')).status).toBe(202);
});

test('an unknown machine of a later generation stays for its server, which was rebuilt after the backup', async () => {
  const serverId = await runningServer();
  await raiseAlert('unknown-machine', 'vps-9', { machineName: `gf-${serverId}-2`, serverId });
  const { status, body } = await remove('vps-9', `gf-${serverId}-2`);
  expect([status, body.detail]).toEqual([409, expect.stringMatching(/rebuilt after .* Do not remove it/)]);
  expect(await api.store.readOrderedRemoval('vps-9')).toBeNull();
});

test('an unknown machine stays while the own machine of its server is missing', async () => {
  const serverId = await runningServer();
  await raiseAlert('machine-missing', serverId, null);
  await raiseAlert('unknown-machine', 'vps-2', { machineName: `gf-${serverId}-9`, serverId });
  const { status, body } = await remove('vps-2', `gf-${serverId}-9`);
  expect([status, body.detail]).toEqual([409, expect.stringMatching(/Rebuild the server/)]);
  expect(await api.store.readOrderedRemoval('vps-2')).toBeNull();
});

test.each([null, 'srv-another'])(
  'an unknown machine whose tag names %s stays for the server in its name',
  async (tag) => {
    const { serverId } = await api.buy();
    await raiseAlert('unknown-machine', `vps-3-${tag}`, { machineName: `gf-${serverId}-2`, serverId: tag });
    const { status, body } = await remove(`vps-3-${tag}`, `gf-${serverId}-2`);
    expect([status, body.detail]).toEqual([409, expect.stringMatching(/Rebuild the server/)]);
  },
);

test.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00%2B00:01', '9999-12-31T23:59:59-00:01'])(
  'a time in a year that Postgres does not read is refused: %s',
  async (at) => {
    const { status, body } = await api.call('GET', `/v1/machines?address=203.0.113.7&at=${at}`);
    expect([status, body.errors[0].pointer]).toEqual([400, '/at']);
  },
);
