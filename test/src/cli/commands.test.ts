import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#src/start/redis/probe.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { secrets } from '../http/call-and-check.ts';
import { answeringServer } from './answering-server.ts';
import { type CliOptions, emptyHome, runIn } from './cli-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

/** Runs a command that calls the API with this token. */
function ghostifi(args: readonly string[], options: CliOptions = {}, secret: string = secrets.operator) {
  const home = emptyHome();
  writeFileSync(join(home, 'key'), `${secret}\n`);
  return runIn(home, args, { ...options, env: { GHOSTIFI_URL: api.url, GHOSTIFI_KEY_FILE: 'key', ...options.env } });
}

describe('--preview', () => {
  it('prints what the command would do, asks nothing, and changes nothing', async () => {
    const { serverId } = await api.buy();
    const { code, out, err } = await ghostifi(['servers', 'destroy', serverId, '--preview', '--wait']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Destroy a server\. Machine gf-\S+-1 in ams \(no address\) is removed\.\n$/);
    const asJson = await ghostifi(['servers', 'rebuild', serverId, '--location', 'fra', '--preview', '--json']);
    expect(JSON.parse(asJson.out)).toMatchObject({ would: { makes: [{ location: 'fra' }] } });
    expect((await api.store.readServer(serverId))?.openJobs).toHaveLength(1);
  });

  it.each([
    ['keys', 'revoke'],
    ['webhooks', 'remove'],
  ])('of %s %s asks nothing', async (group, command) => {
    const { code, err } = await ghostifi([group, command, 'none', '--preview']);
    expect([code, err]).toEqual([3, expect.stringContaining('[not-found')]);
  });

  it('is refused with a program that works without the API', async () => {
    expect(await ghostifi(['migrate', '--preview'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('migrate'),
    });
  });
});

describe('the answer', () => {
  it('that breaks off is no answer, also if it is an error', async () => {
    const GHOSTIFI_URL = await answeringServer((_, response) => {
      response.writeHead(503, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    const { code, err } = await ghostifi(['alerts'], { env: { GHOSTIFI_URL } });
    expect([code, err.split('\n').length]).toEqual([6, 2]);
    expect(err).toContain('got no answer');
  });

  it('is a table for people, with the time in the local zone', async () => {
    const { serverId } = await api.buy({ customer: 'tables', location: 'ams' });
    const { code, out, err } = await ghostifi(['servers', 'list', '--customer', 'tables']);
    expect([code, err]).toEqual([0, '']);
    const [head = '', row = '', ...rest] = out.trimEnd().split('\n');
    expect(rest).toEqual([]);
    expect(head).toMatch(/^server +status +customer +reference +location +plan +address +created$/);
    expect(row).toMatch(
      new RegExp(
        `^${serverId} +installing +tables +– +ams +\\S+ +– +\\d{4}-\\d\\d-\\d\\d [\\d:]{8} [+-]\\d\\d:\\d\\d$`,
      ),
    );
    expect(row.indexOf('tables')).toBe(head.indexOf('customer'));
  });

  it('with --json is the body as the API sent it, and nothing else', async () => {
    await api.buy({ customer: 'as-json' });
    const { code, out, err } = await ghostifi(['--json', 'servers', 'list', '--customer', 'as-json']);
    const { text } = await api.call('GET', '/v1/servers?customer=as-json');
    expect({ code, out, err }).toEqual({ code: 0, out: `${text}\n`, err: '' });
  });

  it('says how to get the next page, and --all reads every page', async () => {
    for (const _ of [1, 2, 3]) await api.buy({ customer: 'pages' });
    const first = await ghostifi(['servers', 'list', '--customer', 'pages', '--limit', '2', '--json']);
    const { items, nextCursor } = JSON.parse(first.out);
    expect(items).toHaveLength(2);
    expect(first.err).toBe(`There are more: add --cursor ${nextCursor}, or --all.\n`);
    const all = await ghostifi(['servers', 'list', '--customer', 'pages', '--limit', '2', '--json', '--all']);
    expect(all.err).toBe('');
    expect(JSON.parse(all.out)).toMatchObject({ items: { length: 3 }, nextCursor: null });
  });

  it('has no control characters of a text that others have written', async () => {
    const { serverId, jobId } = await api.buy();
    api.surroundings.jobs.set(jobId, {
      running: true,
      progress: null,
      attempts: 1,
      error: 'cloud says \u001b[31mred\u001b[0m\nand more',
    });
    const { out } = await ghostifi(['servers', 'show', serverId]);
    expect(out).toContain('cloud says red and more');
    expect(out).not.toContain('\u001b');
  });
});

describe('the links of a server', () => {
  it('are made with the rights and the time, listed without addresses, and revoked', async () => {
    const { serverId } = await api.buy();
    const made = await ghostifi(['servers', 'link', serverId, '--may', 'vpn', 'rebuild', '--expires', '12h', '--json']);
    expect([made.code, made.err]).toEqual([0, '']);
    const { id, url, may, createdAt, expiresAt } = JSON.parse(made.out);
    expect([may, Date.parse(expiresAt) - Date.parse(createdAt)]).toEqual([['view', 'vpn', 'rebuild'], 12 * 3_600_000]);
    const shown = await ghostifi(['servers', 'link', serverId, '--may', 'view']);
    expect(shown.out).toMatch(/^address +http:\S+\/s\/[\w-]{43}$/m);
    const listed = await ghostifi(['servers', 'links', serverId]);
    expect(listed.out).toMatch(new RegExp(`^${id} +view vpn rebuild +boss `, 'm'));
    expect(listed.out).not.toContain(url.split('/').at(-1));
    expect(await ghostifi(['servers', 'unlink', serverId, id])).toMatchObject({
      code: 0,
      err: 'The link is revoked.\n',
    });
    expect((await ghostifi(['servers', 'links', serverId])).out).not.toContain(id);
    expect(await ghostifi(['servers', 'unlink', serverId, id])).toMatchObject({ code: 3 });
  });

  it('need rights, and known ones', async () => {
    expect(await ghostifi(['servers', 'link', 'srv-1'])).toMatchObject({ code: 2 });
    expect(await ghostifi(['servers', 'link', 'srv-1', '--may', 'destroy'])).toMatchObject({ code: 2 });
  });
});

describe('a problem', () => {
  it.each([
    ['a server that is not there', ['servers', 'show', 'srv-none'], 3, /There is no server srv-none\. \[not-found, /],
    ['an id of a wrong form', ['servers', 'show', 'SRV'], 2, /"id" must be .* \[invalid-parameters, /],
    ['a limit that is too large', ['jobs', 'list', '--limit', '999'], 2, /from 1 to 200.*\[invalid-parameters/],
  ])('%s is one clear line with its kind and the id of the request', async (_, args, code, line) => {
    const ended = await ghostifi(args);
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toMatch(line);
    expect(ended.err).toMatch(/^ghostifi: [^\n]+, request [\w-]+\]\n$/);
  });

  it('with --json is printed as the document too', async () => {
    const { code, out, err } = await ghostifi(['servers', 'show', 'srv-none', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ type: 'urn:ghostifi:problem:not-found', status: 404 });
    expect(err).toMatch(/^ghostifi: There is no server srv-none\./);
  });

  it('ends with 4 for a key that is unknown or may not do it', async () => {
    expect(await ghostifi(['servers', 'list'], {}, 'no-such-key')).toMatchObject({ code: 4, out: '' });
    const order = ['buy', '--customer', 'c', '--location', 'ams'];
    expect(await ghostifi(order, {}, secrets.viewer)).toMatchObject({ code: 4, out: '' });
  });

  it('ends with 5 for a command that the state does not allow, and for a key that was used for another order', async () => {
    const { jobId } = await api.buy();
    const cancelled = await ghostifi(['jobs', 'cancel', jobId]);
    expect(cancelled).toMatchObject({ code: 5, err: expect.stringContaining('[not-allowed-now') });
    const order = ['buy', '--customer', 'one', '--location', 'ams', '--idempotency-key', 'order-1'];
    const [first, second] = [await ghostifi([...order, '--json']), await ghostifi([...order, '--json'])];
    expect([first.code, second.code, second.out]).toEqual([0, 0, first.out]);
    const other = await ghostifi([...order, '--reference', 'another']);
    expect(other).toMatchObject({ code: 5, err: expect.stringContaining('[key-reused') });
  });

  it('ends with 6 while the sale is closed, which the status shows', async () => {
    expect(await ghostifi(['sale', 'close', '--reason', 'stock is gone'])).toMatchObject({ code: 0 });
    const order = ['buy', '--customer', 'c', '--location', 'ams'];
    expect(await ghostifi(order)).toMatchObject({ code: 6, err: expect.stringContaining('[sale-closed') });
    const { out } = await ghostifi(['status']);
    expect(out).toMatch(/^sale +stopped by boss: stock is gone$/m);
    expect(await ghostifi(['sale', 'open'])).toMatchObject({ code: 0, out: expect.stringMatching(/^state +open$/m) });
  });

  it('ends with 6 if nothing answers, and a command says that its effect is not known', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const env = { GHOSTIFI_URL: url };
    const read = await ghostifi(['servers', 'list'], { env });
    expect(read).toMatchObject({ code: 6, out: '' });
    expect(read.err).toBe(
      `ghostifi: GET /v1/servers got no answer from ${url} (nothing listens there: does the service run?).\n`,
    );
    const sent = await ghostifi(['jobs', 'retry', 'job-1'], { env });
    expect(sent).toMatchObject({ code: 6, err: expect.stringContaining('not known whether this was done') });
  });
});

describe('the status', () => {
  it('is a page for people, and one object with --json', async () => {
    const { code, out } = await ghostifi(['status']);
    expect(code).toBe(0);
    for (const line of [/^service +http:/m, /^database +ok$/m, /^sale +open$/m, /^queue +running$/m])
      expect(out).toMatch(line);
    const json = await ghostifi(['status', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      url: api.url,
      ready: { status: 'ok' },
      sale: { open: true },
      queue: { paused: false },
      alerts: [],
      lastFailed: [],
    });
  });

  it('names the parts that the key may not read', async () => {
    const { code, out } = await ghostifi(['status'], {}, secrets.storefront);
    expect(code).toBe(0);
    expect(out).toContain('This key may not read the alerts.');
    expect(out).not.toMatch(/^queue/m);
  });

  it('works with a key that may read no more than that it is there', async () => {
    const small = 'gf_small';
    const GHOSTIFI_URL = await answeringServer(({ url }, response) => {
      const problem = { type: 'urn:ghostifi:problem:forbidden', detail: 'No.' };
      if (url !== '/readyz') response.writeHead(403);
      response.end(JSON.stringify(url === '/readyz' ? { status: 'ok' } : problem));
    });
    const { code, out } = await ghostifi(['status'], { env: { GHOSTIFI_URL } }, small);
    expect([code, out]).toEqual([0, `service  ${GHOSTIFI_URL}\nstatus   ok\n\nThis key may not read the alerts.\n`]);
  });

  it('shows alerts', async () => {
    api.surroundings.alerts = [
      {
        id: 'alert-1',
        kind: 'queue-paused',
        subject: 'queue',
        message: 'The queue is paused.',
        detail: {},
        raisedAt: new Date(),
      },
    ];
    expect((await ghostifi(['status'])).out).toMatch(/^queue-paused +\w+ +queue +\d{4}/m);
    expect((await ghostifi(['alerts'])).out).toMatch(/^next step +\S/m);
    api.surroundings.alerts = [];
  });
});

describe('the queue', () => {
  const say = (id: string, saidAt: Date) => {
    const own = { id, name: `host-${id}`, version: '1.0.0', startedAt: saidAt, slots: 50 };
    return api.store.recordWorker({ ...own, saidAt, state: 'takes jobs', active: 3 });
  };

  it('is shown with the workers and their last word', async () => {
    const none = await ghostifi(['queue']);
    expect(none.out).toMatch(/^state +running\n\nNo worker was heard of\. Start one: npm run worker\n$/);
    await say('wrk-1', new Date());
    await say('wrk-2', new Date(Date.now() - 31_000));
    const { code, out } = await ghostifi(['queue']);
    expect(code).toBe(0);
    expect(out).toMatch(/^worker +state +runs +started +last word +version$/m);
    expect(out).toMatch(/^host-wrk-1 +takes jobs +3 of 50 +\d{4}-.* 1\.0\.0$/m);
    expect(out).toMatch(/^host-wrk-2 +silent +3 of 50 /m);
    const json = JSON.parse((await ghostifi(['queue', '--json'])).out);
    expect(json).toMatchObject({ paused: false, workers: [{ id: 'wrk-1' }, { id: 'wrk-2', silent: true }] });
  });

  it('is shown without them to a key that may not read them', async () => {
    const GHOSTIFI_URL = await answeringServer(({ url }, response) => {
      const problem = { type: 'urn:ghostifi:problem:forbidden', detail: 'No.' };
      if (url !== '/v1/queue') response.writeHead(403);
      response.end(JSON.stringify(url === '/v1/queue' ? { paused: true } : problem));
    });
    const { code, out } = await ghostifi(['queue'], { env: { GHOSTIFI_URL } }, 'gf_small');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /^state +paused\n.*The workers are not shown: this key may not read them, or the database does not answer\.\n$/s,
      ),
    ]);
  });
});

describe('why', () => {
  it.each([
    ['srv-1', 'server srv-1'],
    ['job-1', 'job job-1'],
    ['sub_1', 'subscription sub_1'],
    ['gf-srv-1-1', 'machine gf-srv-1-1'],
    ['srv-1.vpn.test', 'hostname srv-1.vpn.test'],
    ['203.0.113.7', 'address 203.0.113.7'],
    ['2001:db8::7', 'address 2001:db8::7'],
  ])('takes %s for what it is', async (handle, subject) => {
    expect(await ghostifi(['why', handle])).toMatchObject({
      code: 3,
      err: expect.stringContaining(`Nothing is recorded about ${subject}.`),
    });
  });

  it('shows an event with its causes', async () => {
    const { serverId } = await api.buy();
    const { body } = await api.call('GET', `/v1/events?server=${serverId}&type=server.create_started`);
    const { code, out } = await ghostifi(['why', body.items[0].id]);
    expect(code).toBe(0);
    expect(out).toMatch(/^type +server\.create_started$.*Its causes:.*server\.purchased/ms);
  });

  it('says how to find the servers of a customer', async () => {
    const ended = await ghostifi(['why', 'ada@example.com']);
    expect(ended).toMatchObject({
      code: 2,
      err: expect.stringContaining('ghostifi servers list --customer ada@example.com'),
    });
  });

  it('finds a hostname as a DNS tool prints it', async () => {
    const { serverId } = await api.buy();
    expect(await ghostifi(['why', `${serverId.toUpperCase()}.VPN.test.`])).toMatchObject({ code: 0 });
  });

  it('shows the chain as sentences, oldest first', async () => {
    const { serverId } = await api.buy({ customer: 'why' });
    const { code, out } = await ghostifi(['why', serverId]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^server +${serverId}\\n`));
    expect(out).toMatch(/^at +what\n\d{4}\S+ \S+ \S+ +Shop bought the server/m);
  });
});

it.each(['ordering', 'schedules'])('%s resume lets go on what an alert has stopped', async (name) => {
  const { code, out } = await ghostifi([name, 'resume', '--json']);
  expect([code, JSON.parse(out)]).toEqual([0, { resumedAt: expect.any(String) }]);
});

describe('a schedule', () => {
  it('is set, shown in the local zone, and removed', async () => {
    const { serverId } = await api.buy();
    const times = ['--every', 'month', '--day', '31', '--at', '02:30', '--zone', 'Europe/Berlin'];
    const set = await ghostifi([
      'servers',
      'schedule',
      'set',
      serverId,
      ...times,
      '--locations',
      'ams',
      'fra',
      '--json',
    ]);
    expect(JSON.parse(set.out)).toMatchObject({ every: 'month', day: 31, locations: ['ams', 'fra'], paused: false });
    const { out } = await ghostifi(['servers', 'schedule', 'show', serverId]);
    expect(out).toMatch(/^every +month, day 31\nat +02:30 Europe\/Berlin\nlocations +ams fra$/m);
    expect(out).toMatch(/^next +\d{4}-\d\d-\d\d [\d:]{8} [+-]\d\d:\d\d, /m);
    const removed = await ghostifi(['servers', 'schedule', 'remove', serverId]);
    expect(removed).toEqual({ code: 0, out: '', err: 'The schedule is deleted.\n' });
    expect(await ghostifi(['servers', 'schedule', 'show', serverId])).toMatchObject({ code: 3 });
  });

  it('of a zone or a day that does not exist ends with 2', async () => {
    const { serverId } = await api.buy();
    const set = ['servers', 'schedule', 'set', serverId, '--at', '02:30'];
    const zone = await ghostifi([...set, '--every', 'day', '--zone', 'Mars/Base']);
    expect(zone).toMatchObject({ code: 2, err: expect.stringContaining('there is no Mars/Base') });
    expect(await ghostifi([...set, '--every', 'month', '--day', 'last'])).toMatchObject({ code: 2 });
  });
});

describe('devices', () => {
  it('are listed and named', async () => {
    const { serverId } = await api.buy();
    const named = await ghostifi(['servers', 'devices', 'name', serverId, '2', 'Phone of Ada', '--json']);
    expect(JSON.parse(named.out)).toMatchObject({ device: 2, label: 'Phone of Ada' });
    const { out } = await ghostifi(['servers', 'devices', 'list', serverId]);
    expect(out).toMatch(/^2 +Phone of Ada +no +no-machine$/m);
    expect(await ghostifi(['servers', 'devices', 'name', serverId, '2'])).toMatchObject({ code: 0 });
    expect((await ghostifi(['servers', 'devices', 'list', serverId])).out).toMatch(/^2 +– +no/m);
  });
});

describe('events', () => {
  it('are listed, with the names of what they are about', async () => {
    const { serverId } = await api.buy();
    const { code, out } = await ghostifi(['events', '--server', serverId, '--type', 'server.purchased']);
    expect(code).toBe(0);
    expect(out).toMatch(
      new RegExp(`^\\d{4}\\S+ \\S+ \\S+ +server\\.purchased +\\S+ +${serverId} +.*location: \\w+`, 'm'),
    );
  });
});

describe('what destroys', () => {
  it('needs --yes if nobody can answer, and ends with 2', async () => {
    const { serverId } = await api.buy();
    expect(await ghostifi(['servers', 'destroy', serverId])).toEqual({
      code: 2,
      out: '',
      err: `ghostifi: Destroy ${serverId} for ever? Nobody can answer here: add --yes.\n`,
    });
    const machine = await ghostifi(['machines', 'remove', 'm-1', '--name', 'gf-1']);
    expect(machine).toMatchObject({ code: 2, err: expect.stringContaining('add --yes') });
    expect((await api.call('GET', `/v1/servers/${serverId}`)).body.status).toBe('installing');
    const sure = await ghostifi(['servers', 'destroy', serverId, '--yes', '--json']);
    expect(sure.code).toBe(0);
    expect(JSON.parse(sure.out)).toMatchObject({ server: { id: serverId }, job: { kind: 'destroy' } });
  });

  it.each([
    ['a no', 'n', 1],
    ['Ctrl-C', '\u0003', 1],
    ['a yes', 'y', 0],
  ])('asks a person: %s', async (_, keys, code) => {
    const { serverId } = await api.buy();
    const answer = { to: 'for ever?', keys };
    const ended = await ghostifi(['servers', 'destroy', serverId], { isTerminal: true, answer });
    expect(ended.code).toBe(code);
    const jobs = (await api.call('GET', `/v1/jobs?server=${serverId}&kind=destroy`)).body.items;
    expect(jobs).toHaveLength(code === 0 ? 1 : 0);
    if (code !== 0) expect(ended.err).toContain('ghostifi: Nothing was changed.');
  });
});

describe('arguments', () => {
  it.each([
    ['an unknown command', ['servers', 'lst'], /unknown command 'lst'\n\(Did you mean list\?\)/],
    ['an unknown option', ['status', '--jsn'], /unknown option '--jsn'/],
    ['a missing argument', ['servers', 'show'], /missing required argument 'server'/],
    ['a missing option', ['buy', '--customer', 'c'], /required option '--location <location>' not specified/],
    ['one argument too many', ['status', 'now'], /too many arguments/],
    ['a word that is no status', ['servers', 'list', '--status', 'fine'], /'fine' is invalid\. Allowed choices are /],
    ['no command', [], /^Usage: ghostifi /],
  ])('%s ends with 2', async (_, args, message) => {
    expect(await ghostifi(args)).toEqual({ code: 2, out: '', err: expect.stringMatching(message) });
  });

  it('--help ends with 0, for every command', async () => {
    expect(await ghostifi(['servers', 'rebuild', '--help'])).toEqual({
      code: 0,
      out: expect.stringMatching(/^Usage: ghostifi servers rebuild .*Global Options:.*--json/s),
      err: '',
    });
  });
});
