import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import { confirmed } from '../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { makeKey } from '../http/make-key.ts';
import { type Visitor, visitor } from './visitor.ts';

let api: TestApi;
let operator: Visitor;
let viewer: Visitor;
let ids: { serverId: string; jobId: string };
const address = '203.0.113.7';

const settle = async (jobId: string, outcome: Parameters<TestApi['store']['settle']>[0]['outcome']) =>
  api.store.settle({ jobId, outcome, attempts: 1, graceSeconds: 0, now: new Date() });

beforeAll(async () => {
  api = await startTestApi();
  [operator, viewer] = [await visitor(api, 'operator'), await visitor(api, 'viewer')];
  ids = await api.buy({ customer: 'Ada.Lovelace@Example.com', reference: 'order-4711' });
  await settle(ids.jobId, { end: 'made', machine: { ...confirmed, ipv4: address } });
});
afterAll(() => api.close());

const buttonsOf = (text: string) =>
  [...text.matchAll(/<form class="act" method="post" action="([^"]*)"/g)].map(([, path]) => path);

const commandsIn = (text: string) =>
  [...text.matchAll(/<a class="button plain" href="([^"]*)"/g)].map(([, path]) => path);

test('the page of a server has its customer, machine, name, devices and story', async () => {
  const { status, text } = await operator.get(`/console/servers/${ids.serverId}`);
  expect(status).toBe(200);
  for (const part of [
    'Ada.Lovelace@Example.com',
    address,
    `${ids.serverId}.vpn.test`,
    'order-4711',
    'Shop bought the server',
  ])
    expect(text, part).toContain(part);
  expect(text).toContain(`href="/v1/servers/${ids.serverId}/vpn.conf?device=1"`);
});

test('an operator has the buttons that the status permits, a viewer none', async () => {
  const path = `/console/servers/${ids.serverId}`;
  const { text } = await operator.get(path);
  expect(buttonsOf(text)).toEqual([`${path}/schedule`, `${path}/links/make`]);
  expect(commandsIn(text)).toEqual([`${path}/rebuild`, `${path}/suspend`, `${path}/destroy`]);
  const seen = (await viewer.get(path)).text;
  expect([buttonsOf(seen), seen.includes('vpn.conf'), commandsIn(seen)]).toEqual([[], false, []]);
});

test('a session that may read servers only sees the page of a server without its machines and story', async () => {
  const guest = await visitor(api, null);
  await guest.post('/admin/login', { token: await makeKey(api, { scopes: ['servers:read', 'board:read'] }) });
  const { status, text } = await guest.get(`/console/servers/${ids.serverId}`);
  expect([status, text.includes('order-4711'), text.includes('<h2>Machines</h2>')]).toEqual([200, true, false]);
});

test('a read that fails before the others of its page have ended is answered, and does not end the process', async () => {
  const { readJobs } = api.store;
  vi.spyOn(api.store, 'readMachinesAt').mockRejectedValue(new DatabaseBusyError('read machines', null));
  // As Postgres does, it answers in a later turn of the event loop.
  vi.spyOn(api.store, 'readJobs').mockImplementation((filter) => setImmediate().then(() => readJobs(filter)));
  onTestFinished(() => void vi.restoreAllMocks());
  expect((await operator.get(`/console/servers/${ids.serverId}`)).status).toBe(503);
});

test.each([
  ['an address', address],
  ['a name in capitals with a space', ' ADA.LOVELACE@example.com'],
  ['an address with a display name', 'Ada <ada.lovelace@example.com>'],
  ['a name with two typos', 'ada.lovelase@exmple.com'],
  ['the beginning of a name', 'ada.l'],
  ['an order reference', 'order-4711'],
])('the search finds the server by %s', async (_, wanted) => {
  const { text } = await viewer.get(`/console/search?q=${encodeURIComponent(wanted)}`);
  expect(text).toContain(`/console/servers/${ids.serverId}`);
});

test('the search finds the server by its id, its hostname, its machine and its job', async () => {
  for (const wanted of [ids.serverId, `${ids.serverId}.vpn.test`, `gf-${ids.serverId}-1`, ids.jobId])
    expect((await viewer.get(`/console/search?q=${wanted}`)).text, wanted).toContain(
      `/console/servers/${ids.serverId}`,
    );
});

test('the search says what can be asked for if nothing is found', async () => {
  const { status, text } = await viewer.get('/console/search?q=<script>');
  expect([status, text.includes('Nothing is known by script')]).toEqual([200, true]);
  expect(text).not.toContain('<script>');
});

test('a server is destroyed only if its name is typed', async () => {
  const { serverId } = await api.buy();
  const path = `/console/servers/${serverId}`;
  const page = await operator.get(`${path}/destroy`);
  const refused = await operator.submit(page, `${path}/destroy`, { typed: 'other' });
  expect(refused.text).toContain('Nothing was destroyed');
  const done = await operator.submit(page, `${path}/destroy`, { typed: `${serverId}.vpn.test` });
  expect(done.text).toContain(`The destroy of server ${serverId} is recorded.`);
});

test('a cursor leads to older servers and back', async () => {
  for (let more = 0; more < 51; more++) await api.buy({ customer: 'c-many' });
  const first = await viewer.get('/console/servers?customer=c-many');
  const [, older = ''] = /rel="next" href="([^"]*)"/.exec(first.text) ?? [];
  const second = await viewer.get(older.replaceAll('&#38;', '&'));
  expect(second.text.match(/data-name="Server"/g)).toHaveLength(1);
  expect(second.text).toContain('href="/console/servers?customer=c-many">Newest');
});

test('the log of a job is escaped, and said to be missing while Redis is silent', async () => {
  const path = `/console/jobs/${ids.jobId}/log`;
  expect((await viewer.get(path)).text).toContain('Redis does not answer.');
  api.surroundings.logs.set(ids.jobId, ['2026-11-29T12:00:00Z Looked for <machine>.']);
  expect((await viewer.get(path)).text).toContain('Looked for &#60;machine&#62;.');
  expect((await viewer.get('/console/jobs/none/log')).status).toBe(404);
});

test('the page of a rebuild says what will happen, and changes nothing', async () => {
  const catalogue = {
    locations: ['ams', 'nrt'].map((id) => ({ id, city: id, country: 'NL' })),
    plans: [{ id: 'vc2-1c-1gb', cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ams', 'nrt'] }],
  };
  api.surroundings.catalogue = catalogue;
  const jobs = async () => (await api.store.readJobs({ serverId: ids.serverId, limit: 9 })).length;
  const before = await jobs();
  const path = `/console/servers/${ids.serverId}/rebuild`;
  const page = await operator.get(`${path}?location=nrt`);
  expect(page.text).toContain('Makes a machine vc2-1c-1gb in nrt, for 5.00 USD a month.');
  expect(page.text).toContain(`Removes gf-${ids.serverId}-1 in ams`);
  expect((await operator.get(`${path}?location=nowhere`)).text).toContain('Location nowhere does not exist.');
  expect(buttonsOf((await viewer.get(path)).text)).toEqual([]);
  expect(await jobs()).toBe(before);
  expect((await operator.submit(page, path)).text).toContain(`The rebuild of server ${ids.serverId} is recorded.`);
  const [newest] = await api.store.readJobs({ serverId: ids.serverId, limit: 1 });
  expect(newest).toMatchObject({ kind: 'rebuild', location: 'nrt' });
});

test('a link for the customer is shown once, is listed, and ends when it is revoked', async () => {
  const path = `/console/servers/${ids.serverId}`;
  const page = await operator.get(path);
  const made = await operator.submit(page, `${path}/links/make`, { vpn: 'yes', expires: '24h' });
  const [, url = ''] = /data-copy="(http[^"]*\/s\/[\w-]{43})"/.exec(made.text) ?? [];
  expect((await fetch(url)).status).toBe(200);
  const [link] = await api.store.readLinks(ids.serverId, new Date());
  expect(link).toMatchObject({ may: ['view', 'vpn'], createdBy: 'key:boss' });
  expect((link?.expiresAt.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(24 * 60 * 60_000);
  const after = await operator.get(path);
  expect([after.text.includes(url.slice(-43)), after.text.includes(link?.id ?? '?')]).toEqual([false, true]);
  const revoke = `${path}/links/${link?.id}/revoke`;
  expect(buttonsOf((await viewer.get(path)).text)).toEqual([]);
  expect((await operator.submit(after, revoke)).text).toContain('The link is revoked');
  expect((await fetch(url)).status).toBe(404);
  expect((await operator.get(path)).text).toContain('No link works now.');
});

test('of many links the newest are shown, and a destroyed server gets none', async () => {
  const { serverId, jobId } = await api.buy();
  await settle(jobId, { end: 'made', machine: { ...confirmed, providerId: 'vps-links' } });
  const path = `/console/servers/${serverId}`;
  for (let n = 0; n < 22; n++) await api.call('POST', `/v1/servers/${serverId}/link`, { body: { may: ['view'] } });
  const { text } = await operator.get(path);
  expect(text.match(/links\/[^/"]+\/revoke/g)).toHaveLength(20);
  expect(text).toContain('And 2 older ones.');
  const { body } = await api.call('DELETE', `/v1/servers/${serverId}`);
  await settle(body.job.id, { end: 'removed' });
  expect((await operator.get(path)).text).not.toContain('/links/make');
});

test('a session gives with a link no more than it may do itself', async () => {
  const scopes = ['board:read', 'servers:read', 'audit:read', 'servers:write'];
  const made = await api.call('POST', '/v1/keys', { body: { name: 'writer', scopes } });
  const writer = await visitor(api, null);
  await writer.post('/admin/login', { token: made.body.secret, next: '/console/runbook' });
  const { text } = await writer.get(`/console/servers/${ids.serverId}`);
  const offered = [...text.matchAll(/type="checkbox" name="(\w+)"/g)].map(([, right]) => right);
  expect(offered).toEqual(['rebuild', 'schedule']);
});

test('the pages of the commands say what will happen, and change nothing', async () => {
  const { serverId, jobId } = await api.buy();
  await settle(jobId, { end: 'made', machine: { ...confirmed, providerId: 'vps-previewed', ipv4: '203.0.113.8' } });
  const path = `/console/servers/${serverId}`;
  const before = await api.store.readServer(serverId);
  const suspend = await operator.get(`${path}/suspend`);
  expect(suspend.text).toContain(`Removes gf-${serverId}-1 in ams.`);
  const destroy = await operator.get(`${path}/destroy`);
  expect(destroy.text).toContain(`Its name ${serverId}.vpn.test and its keys are deleted`);
  const resume = await operator.get(`${path}/resume`);
  expect([resume.status, buttonsOf(resume.text)]).toEqual([200, []]);
  expect(resume.text).toContain('flash refused');
  expect(buttonsOf((await viewer.get(`${path}/suspend`)).text)).toEqual([]);
  expect(await api.store.readServer(serverId)).toEqual(before);
  const done = await operator.submit(suspend, `${path}/suspend`, { reason: 'a test' });
  expect(done.text).toContain(`The suspend of server ${serverId} is recorded.`);
  const [job] = await api.store.readJobs({ serverId, limit: 1 });
  await settle(job?.id ?? '', { end: 'removed' });
  const suspended = await operator.get(path);
  expect(commandsIn(suspended.text)).toEqual([`${path}/resume`, `${path}/destroy`]);
  const again = await operator.get(`${path}/resume`);
  expect(again.text).toContain('Makes a machine vc2-1c-1gb in ams');
  expect(again.text).toContain('It was suspended because of: a test.');
  expect((await operator.submit(again, `${path}/resume`)).text).toContain('The resume of server');
});
