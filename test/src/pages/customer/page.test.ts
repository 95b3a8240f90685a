import SqliteConnection from 'better-sqlite3';
import jsqr from 'jsqr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverStatuses } from '#db/model.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { vpnKeysOf } from '#src/vpn/keys.ts';
import { confirmed, failed, made, missing, removed, settle } from '../../../db/conformance/fixture.ts';
import { readPng } from '../../../png.ts';
import { sealer } from '../../../secrets-key.ts';
import { startTestApi, type TestApi } from '../../http/api-under-test.ts';
import { readable, runningServer, visitorOf } from './visits.ts';

const plan = { id: 'vc2-1c-1gb', cpus: 1, memoryMb: 1_024, monthlyCost: 5, currency: 'USD' };
const catalogue: Catalogue = {
  locations: [
    { id: 'ams', city: 'Amsterdam', country: 'NL' },
    { id: 'nrt', city: 'Tokyo', country: 'JP' },
    { id: 'ewr', city: 'New Jersey', country: 'US' },
  ],
  plans: [{ ...plan, locations: ['ams', 'nrt'] }],
};

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  api.surroundings.catalogue = catalogue;
});
afterAll(() => api.close());

const eventsOf = async (serverId: string) =>
  (await api.store.readEvents({ serverId, limit: 100 })).events.map(({ type, actor }) => ({ type, actor }));
const jobsOf = (serverId: string) => api.store.readJobs({ serverId, limit: 20 });
const position = async (serverId: string) => String((await api.store.readServer(serverId))?.server.lastPosition);

/** Writes the state of a server as no test of the page needs to reach it. */
function set(serverId: string, column: 'status' | 'held_reason', value: string): void {
  const connection = new SqliteConnection(api.databaseFile);
  connection.prepare(`UPDATE servers SET ${column} = ? WHERE id = ?`).run(value, serverId);
  connection.close();
}

/** Holds back what a link leads to until so many requests have read it. Returns how to undo that. */
function readTogether(requests: number): () => void {
  const { store } = api.services;
  const { readLink } = store;
  const all = Promise.withResolvers<void>();
  let read = 0;
  store.readLink = async (...asked) => {
    const found = await readLink(...asked);
    if (++read === requests) all.resolve();
    await all.promise;
    return found;
  };
  return () => {
    store.readLink = readLink;
  };
}

describe('the page', () => {
  test.each(serverStatuses)('says in plain words that a server is %s, without terms of ours', async (status) => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId);
    set(serverId, 'status', status);
    const { status: code, text } = await visitor.get();
    expect(code).toBe(200);
    expect(text).toMatch(/<h1>Your server [a-z ]+<\/h1>/);
    expect(readable(text)).not.toMatch(/\b(job|machine|suspend|provision|tunnel|null|undefined|object)/i);
  });

  test('shows the place, the name, and until when the link works', async () => {
    const serverId = await runningServer(api);
    const expiresAt = new Date('2100-02-03T04:05:00.000Z');
    const text = readable((await (await visitorOf(api, serverId, { expiresAt })).get()).text);
    expect(text).toContain('Amsterdam, Netherlands');
    expect(text).toContain('.vpn.test');
    expect(text).toContain('works until 3 Feb 2100, 04:05 UTC');
  });

  test('has neither keys nor the customer, nor anything of another one', async () => {
    const mine = { customer: 'canary-mine@example.com', reference: 'canary-reference' };
    const serverId = await runningServer(api, mine);
    const other = await runningServer(api, { customer: 'canary-other@example.com' });
    await api.call('POST', `/v1/servers/${other}/devices/1`, { body: { label: 'canary-label' } });
    await api.call('PUT', `/v1/servers/${other}/schedule`, { body: { every: 'day', at: '02:30', zone: 'Asia/Tokyo' } });
    const { sealedKeys } = (await api.store.readServerWithKeys(serverId)) ?? missing('server');
    const keys = vpnKeysOf(sealer.open(serverId, sealedKeys ?? missing('keys')));
    const { text } = await (await visitorOf(api, serverId)).get();
    expect(text).not.toMatch(/canary|Asia\/Tokyo/);
    expect(text).not.toContain(other);
    for (const { client, presharedKey } of keys.devices)
      for (const secret of [client.privateKey, presharedKey, keys.server.privateKey, keys.probe.privateKey])
        expect(text).not.toContain(secret);
    expect(text).not.toContain(sealedKeys);
  });

  test('escapes what people have written', async () => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId);
    const label = '<img src=x onerror="1">&\'';
    expect((await visitor.post('name', { device: '3', label })).status).toBe(303);
    for (const { text } of [await visitor.get(), await visitor.post('qr', { device: '3' })]) {
      expect(text).not.toContain('<img src=x');
      expect(text).toContain('&#60;img src=x onerror=&#34;1&#34;&#62;&#38;&#39;');
    }
  });

  test('tells why a server is paused if that concerns the customer, and no other reason', async () => {
    const serverId = await runningServer(api);
    set(serverId, 'status', 'suspended');
    const visitor = await visitorOf(api, serverId);
    set(serverId, 'held_reason', 'past-due');
    expect(readable((await visitor.get()).text)).toContain('A payment is overdue.');
    set(serverId, 'held_reason', 'canary: looks like fraud');
    const text = readable((await visitor.get()).text);
    expect(text).not.toContain('canary');
    expect(text).toContain('Ask the shop');
  });

  test('while something happens: how long it usually takes, how far it is, and a refresh without scripts', async () => {
    const fresh = await startTestApi();
    const { serverId, jobId } = await fresh.buy();
    const visitor = await visitorOf(fresh, serverId);
    const first = (await visitor.get()).text;
    expect(readable(first)).toContain('This usually takes a few minutes.');
    expect(first).toContain('<noscript><meta http-equiv="refresh" content="10"></noscript>');
    fresh.surroundings.jobs.set(jobId, {
      running: true,
      attempts: 1,
      error: 'canary',
      progress: { step: 'canary-step', percent: 41 },
    });
    const second = (await visitor.get()).text;
    expect(second).toContain('<progress max="100" value="41"');
    expect(second).not.toContain('canary');
    await settle(fresh.store, jobId, made);
    expect((await visitor.get()).text).not.toMatch(/http-equiv="refresh"|<progress/);
    await fresh.close();
  });

  test('says how long rebuilds have taken lately', async () => {
    const its = await startTestApi();
    const serverId = await runningServer(its);
    for (const minutes of [9, 3, 2]) {
      const { job } = (await its.call('POST', `/v1/servers/${serverId}/rebuild`)).body;
      const now = new Date(Date.parse(job.createdAt) + minutes * 60_000 - 5_000);
      await settle(
        its.store,
        job.id,
        { end: 'made', machine: { ...confirmed, providerId: `vps-${minutes}` } },
        { now },
      );
    }
    expect(readable((await (await visitorOf(its, serverId)).get()).text)).toContain(
      'It usually takes about 3 minutes.',
    );
    await its.close();
  });
});

describe('the devices', () => {
  test.each(['1', '2', '5'])('%s gets its config as a file and as a QR code', async (device) => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId, { may: ['vpn'] });
    const file = await visitor.post('config', { device });
    const expected = await api.call('GET', `/v1/servers/${serverId}/vpn.conf?device=${device}`);
    expect([file.status, file.text]).toEqual([200, expected.text]);
    expect(file.headers.get('content-disposition')).toBe(expected.headers.get('content-disposition'));
    expect(file.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const { text } = await visitor.post('qr', { device });
    const [, picture = ''] = /src="data:image\/png;base64,([^"]+)"/.exec(text) ?? [];
    const { data, width, height } = readPng(Buffer.from(picture, 'base64'));
    expect(jsqr.default(data, width, height)?.data).toBe(expected.text);
    expect(text).not.toContain(expected.text.split('\n')[1]);
  });

  test('have names, which people give and remove', async () => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId, { may: ['vpn'] });
    const named = await visitor.post('name', { device: '2', label: '  Ada’s phone ' });
    expect([named.status, named.headers.get('location')]).toEqual([303, `${visitor.path}?done=name`]);
    expect(readable((await visitor.get('?done=name')).text)).toMatch(/The name is saved\..*Ada’s phone/);
    expect(await eventsOf(serverId)).toContainEqual({
      type: 'server.device_labelled',
      actor: `link:${visitor.linkId}`,
    });
    await visitor.post('name', { device: '2', label: '' });
    expect(await api.store.readDeviceLabels(serverId)).toEqual([]);
  });

  test.each([
    [{ device: '6', label: 'x' }, 400, 'The number of the device'],
    [{ label: 'x' }, 400, 'The number of the device'],
    [{ device: '1', label: 'x'.repeat(41) }, 422, 'The name'],
  ])('refuse %j in words, on the page', async (fields, code, subject) => {
    const visitor = await visitorOf(api, await runningServer(api));
    const { status, text } = await visitor.post('name', fields as Record<string, string>);
    expect(status).toBe(code);
    expect(text).toMatch(new RegExp(`role="alert">${subject} [^<]+\\.<`));
    expect(text).toContain('Your devices');
  });

  test('of a server from before say that they need a rebuild', async () => {
    const serverId = await runningServer(api);
    const connection = new SqliteConnection(api.databaseFile);
    connection.prepare('UPDATE machines SET devices = 1 WHERE server_id = ?').run(serverId);
    connection.close();
    const visitor = await visitorOf(api, serverId);
    const { text } = await visitor.get();
    expect(readable(text)).toContain('After its next rebuild, devices 2 to 5 can connect too.');
    expect(text.match(/Download the config/g)).toHaveLength(1);
    const refused = await visitor.post('config', { device: '2' });
    expect([refused.status, readable(refused.text)]).toEqual([
      409,
      expect.stringContaining('This device can connect after the next rebuild'),
    ]);
  });
});

describe('a rebuild', () => {
  test('is asked for by the link, at a place that has the plan, and only once', async () => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId, { may: ['rebuild'] });
    const { text } = await visitor.get();
    expect([...text.matchAll(/<option value="(\w*)">([^<]+)/g)].map(([, id, name]) => [id, name])).toEqual([
      ['', 'Amsterdam, Netherlands (as now)'],
      ['nrt', 'Tokyo, Japan'],
    ]);
    const fields = { after: /name="after" value="(\d+)"/.exec(text)?.[1] ?? '', location: 'nrt' };
    const restore = readTogether(2);
    const sent = await Promise.all([visitor.post('rebuild', fields), visitor.post('rebuild', fields)]);
    restore();
    sent.push(await visitor.post('rebuild', fields));
    expect(sent.map(({ status }) => status)).toEqual([303, 303, 303]);
    const rebuilds = (await jobsOf(serverId)).filter(({ kind }) => kind === 'rebuild');
    expect(rebuilds).toMatchObject([{ location: 'nrt', requestedBy: `link:${visitor.linkId}` }]);
    const page = readable((await visitor.get()).text);
    expect(page).toMatch(/is being rebuilt.*goes on working/);
    expect(page).not.toContain('Rebuild now');
    expect(readable((await visitor.get('?done=stale')).text)).toContain('nothing was asked for a second time');
  });

  test.each(['__proto__', 'constructor'])('an address with the message %s shows none', async (name) => {
    const visitor = await visitorOf(api, await runningServer(api));
    const { status, text } = await visitor.get(`?done=${name}`);
    expect([status, text.includes('class="flash')]).toEqual([200, false]);
  });

  test('of an old page, or while another one runs, is not asked for', async () => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId);
    const old = await position(serverId);
    const { job } = (await api.call('POST', `/v1/servers/${serverId}/rebuild`)).body;
    for (const stale of [old, await position(serverId), '', 'x'])
      expect((await visitor.post('rebuild', { after: stale })).headers.get('location')).toContain('done=stale');
    await settle(api.store, job.id, { end: 'made', machine: { ...confirmed, providerId: 'vps-2' } });
    await visitor.post('rebuild', { after: old });
    expect((await jobsOf(serverId)).filter(({ kind }) => kind === 'rebuild')).toHaveLength(1);
  });

  test('at a place that is not offered is refused in words', async () => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId);
    const refused = await visitor.post('rebuild', { after: await position(serverId), location: 'ewr' });
    expect([refused.status, readable(refused.text)]).toEqual([422, expect.stringContaining('Choose another one.')]);
    expect(refused.text).not.toContain('http-equiv');
  });

  async function rebuilt(its: TestApi, outcome: Parameters<typeof settle>[2]) {
    const serverId = await runningServer(its);
    const { job } = (await its.call('POST', `/v1/servers/${serverId}/rebuild`)).body;
    await settle(its.store, job.id, outcome, { now: new Date() });
    return readable((await (await visitorOf(its, serverId)).get()).text);
  }
  const moved = { end: 'made', machine: { ...confirmed, providerId: 'vps-2' } } as const;

  test('that has ended says to get new configs if servers have no names', async () => {
    const text = await rebuilt(api, moved);
    expect(text).toMatch(/Your server was rebuilt .* It has a new address, so get the new config below/);
    expect(text).toContain('The old one goes at');
  });

  test('that has ended says to reconnect if servers have names', async () => {
    const its = await startTestApi({ dns: 'cloudflare' });
    expect(await rebuilt(its, moved)).toMatch(/Reconnect: on each device, switch the VPN off and on once/);
    await its.close();
  });

  test('that has failed says that nothing has to be done', async () => {
    expect(await rebuilt(api, failed)).toMatch(/did not succeed .* works as before, and you need not reconnect/);
  });
});

describe('the regular rebuilds', () => {
  test('are set, shown, changed and switched off', async () => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId, { may: ['schedule'] });
    expect(readable((await visitor.get()).text)).toContain('Your server is not rebuilt regularly.');
    const times = { every: 'week', weekday: 'friday', day: '31', at: '03:30', zone: 'europe/berlin' };
    const saved = await visitor.post('schedule', { ...times, 'place-nrt': 'on', 'place-ams': 'on' });
    expect(saved.headers.get('location')).toBe(`${visitor.path}?done=schedule`);
    expect(await api.store.readSchedule(serverId)).toMatchObject({
      every: 'week',
      weekday: 'friday',
      day: null,
      zone: 'Europe/Berlin',
      locations: ['nrt', 'ams'],
    });
    const { text } = await visitor.get();
    expect(readable(text)).toContain('every week on Friday at 03:30 (Europe/Berlin). The next time is');
    expect(text.match(/ checked>/g)).toHaveLength(2);
    await visitor.post('schedule', { ...times, every: 'month', day: '5' });
    expect(readable((await visitor.get()).text)).toContain('every month on day 5 at 03:30');
    await visitor.post('schedule-off');
    expect(await api.store.readSchedule(serverId)).toBeNull();
    const actors = (await eventsOf(serverId)).filter(({ type }) => type.startsWith('schedule.'));
    expect(actors).toHaveLength(3);
    expect(new Set(actors.map(({ actor }) => actor))).toEqual(new Set([`link:${visitor.linkId}`]));
  });

  test.each([
    [{ every: 'day', at: '25:00', zone: 'UTC' }, 'The time'],
    [{ every: 'day', at: '02:30', zone: 'Mars/Base' }, 'The time zone'],
    [{ every: 'month', day: '32', at: '02:30', zone: 'UTC' }, 'The day of the month'],
    [{ every: 'week', at: '02:30', zone: 'UTC', weekday: 'x' }, 'The day of the week'],
    [{}, 'The interval'],
  ])('refuse %j in words', async (fields, subject) => {
    const visitor = await visitorOf(api, await runningServer(api));
    const { status, text } = await visitor.post('schedule', fields as Record<string, string>);
    expect([status, readable(text)]).toEqual([422, expect.stringContaining(`${subject} must be`)]);
  });

  test('cannot be switched off twice', async () => {
    const visitor = await visitorOf(api, await runningServer(api));
    const { status, text } = await visitor.post('schedule-off');
    expect([status, readable(text)]).toEqual([404, expect.stringContaining('it is gone already')]);
    expect(text).toContain('Your devices');
  });
});

test('a server that was removed says so, and offers nothing', async () => {
  const serverId = await runningServer(api);
  const visitor = await visitorOf(api, serverId);
  await settle(api.store, (await api.call('DELETE', `/v1/servers/${serverId}`)).body.job.id, removed);
  const { text } = await visitor.get();
  expect(readable(text)).toContain('Your server has been removed');
  expect(text).not.toContain('<form');
  expect((await visitor.post('config', { device: '1' })).status).toBe(410);
  expect((await visitor.post('name', { device: '1', label: 'x' })).status).toBe(410);
});
