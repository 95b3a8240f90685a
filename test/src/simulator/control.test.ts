import { describe, expect, it, vi } from 'vitest';
import { vultr } from '#src/cloud/vultr/vultr.ts';
import { CallLog } from '#src/simulator/call-log.ts';
import { manualClock } from './manual-clock.ts';
import { runSimulator } from './running-simulator.ts';
import { order, rawVultr } from './vultr/client.ts';

describe("the simulator's call log", () => {
  it('has every call in order with its machine, its caller and its times', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock });
    const raw = rawVultr(simulator);
    const { id } = (await raw('POST', '/instances', order(), { 'x-client-id': 'w1' })).body.instance;
    await raw('GET', `/instances/${id}`, undefined, { 'user-agent': 'w2' });
    await raw('GET', '/instances?label=gf-a-1');
    const at = { startedAt: clock.now(), finishedAt: clock.now() };
    const about = { label: 'gf-a-1', machineId: id };
    expect(await simulator.calls()).toMatchObject([
      {
        seq: 1,
        operation: 'create',
        method: 'POST',
        path: '/v2/instances',
        status: 202,
        client: 'w1',
        ...about,
        ...at,
      },
      { seq: 2, operation: 'get', status: 200, client: 'w2', ...about },
      { seq: 3, operation: 'list', path: '/v2/instances?label=gf-a-1', label: 'gf-a-1', machineId: null },
    ]);
    expect((await simulator.calls(2)).map(({ seq }) => seq)).toEqual([3]);
    expect(await simulator.control('GET', '/calls?since=x')).toMatchObject({ status: 400 });
  });

  it('keeps only the latest calls', () => {
    const log = new CallLog(manualClock(), 3);
    const facts = { method: 'GET', path: '/', operation: 'list', client: 'x' } as const;
    for (let call = 0; call < 5; call++) log.begin(facts);
    expect(log.since(0).map(({ seq }) => seq)).toEqual([3, 4, 5]);
    log.end(1, 200);
    expect(log.get(1)).toBeNull();
    expect(log.latest(2).map(({ seq }) => seq)).toEqual([4, 5]);
  });
});

describe("the simulator's count of machines at work", () => {
  it('counts a machine for the process that ordered it, from the create call until it runs', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock, createMs: 300, bootMs: 6000 });
    const create = (instance: string, name: string) => {
      const driver = vultr({ name: 'simulator', apiUrl: simulator.apiUrl('vultr'), apiKey: 'simulator', instance });
      const spec = {
        name,
        owner: { installation: 't', serverId: 'a' },
        location: 'ams',
        plan: 'vc2-1c-1gb',
        userData: null,
      };
      return driver.create(spec, new AbortController().signal);
    };
    const first = [create('w1', 'gf-a-1'), create('w1', 'gf-b-1'), create('w2', 'gf-c-1')];
    await vi.waitFor(() => expect(clock.waiting()).toBe(3));
    const [w1, w2] = ['ghostifi-provisioning (w1)', 'ghostifi-provisioning (w2)'];
    const clients = (one: number, other: number) => [
      expect.objectContaining({ client: w1, current: one }),
      expect.objectContaining({ client: w2, current: other }),
    ];
    const load = async () => {
      const { clients, ...rest } = await simulator.load();
      return { ...rest, clients: [...clients].sort((one, other) => one.client.localeCompare(other.client)) };
    };
    expect(await load()).toEqual({ current: 3, max: 3, clients: clients(2, 1) });
    clock.advance(300);
    await Promise.all(first);
    expect(await load()).toEqual({ current: 3, max: 3, clients: clients(2, 1) });
    clock.advance(6000);
    expect(await load()).toEqual({ current: 0, max: 3, clients: clients(0, 0) });
    const later = create('w1', 'gf-d-1');
    await vi.waitFor(() => expect(clock.waiting()).toBe(1));
    expect(await load()).toMatchObject({
      current: 1,
      max: 3,
      clients: [
        { current: 1, max: 2 },
        { current: 0, max: 1 },
      ],
    });
    clock.advance(300);
    await later;
  });

  it('does not count a machine twice, or one that was removed or never made', async () => {
    const simulator = await runSimulator({ bootMs: 60_000 });
    const raw = rawVultr(simulator);
    const { id } = (await raw('POST', '/instances', order())).body.instance;
    expect(await simulator.load()).toMatchObject({ current: 1, max: 1 });
    await raw('POST', '/instances', order({ plan: 'huge' }));
    await raw('DELETE', `/instances/${id}`);
    await raw('POST', '/instances', order());
    expect(await simulator.load()).toMatchObject({ current: 1, max: 2 });
  });
});

describe("the simulator's control API", () => {
  it('shows all machines, including removed ones, without their user data', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock });
    const raw = rawVultr(simulator);
    const { id } = (await raw('POST', '/instances', order({ user_data: 'c2VjcmV0' }))).body.instance;
    expect(await simulator.machines()).toMatchObject([{ id, state: 'active', listed: true, removedAt: null }]);
    await raw('DELETE', `/instances/${id}`);
    const removedAt = new Date(clock.now()).toISOString();
    expect(await simulator.machines()).toMatchObject([{ id, state: 'removed', listed: false, removedAt }]);
    expect(JSON.stringify(await simulator.control('GET', '/machines'))).not.toContain('c2VjcmV0');
  });

  it('deletes everything at a reset', async () => {
    const simulator = await runSimulator({ bootMs: 60_000 });
    await rawVultr(simulator)('POST', '/instances', order());
    await simulator.injectFault({ kind: 'lost', operation: '*', times: null });
    expect((await simulator.control('POST', '/reset')).status).toBe(204);
    expect(await simulator.machines()).toEqual([]);
    expect(await simulator.calls()).toEqual([]);
    expect(await simulator.load()).toEqual({ current: 0, max: 0, clients: [] });
    expect((await rawVultr(simulator)('GET', '/instances')).body.meta.total).toBe(0);
  });

  it('plants machines without an order, and removes machines', async () => {
    const simulator = await runSimulator();
    const planted = [
      { label: 'theirs', tags: ['x'] },
      { label: 'other', cloud: 'hetzner' },
    ];
    expect((await simulator.control('POST', '/machines', { machines: planted })).status).toBe(201);
    const instances = async () => (await rawVultr(simulator)('GET', '/instances')).body.instances;
    expect(await instances()).toMatchObject([{ label: 'theirs', tags: ['x'], status: 'active' }]);
    const [{ id = '' } = {}] = await simulator.machines();
    expect((await simulator.control('DELETE', `/machines/${id}`)).status).toBe(204);
    expect((await simulator.control('DELETE', `/machines/${id}`)).status).toBe(404);
    expect(await instances()).toEqual([]);
    expect((await simulator.control('POST', '/machines', { machines: [{}] })).status).toBe(400);
  });

  it('answers invalid requests in JSON', async () => {
    const { controlUrl } = await runSimulator();
    const unknown = await fetch(`${controlUrl}/nothing`);
    expect([unknown.status, await unknown.json()]).toEqual([404, { error: expect.stringContaining('/_sim/nothing') }]);
    const headers = { 'content-type': 'application/json' };
    const broken = await fetch(`${controlUrl}/faults`, { method: 'POST', headers, body: '{' });
    expect([broken.status, await broken.json()]).toEqual([400, { error: expect.any(String) }]);
  });
});

describe("the simulator's page", () => {
  it('shows machines and calls with any characters in them, and loads nothing from other origins', async () => {
    const simulator = await runSimulator();
    const label = '<script>alert("1")</script>';
    await rawVultr(simulator)('POST', '/instances', order({ label }), { 'x-client-id': '"><img>' });
    const response = await fetch(`${simulator.url}/`);
    const html = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(html).toContain('&#60;script&#62;alert');
    expect(html).toContain('POST /v2/instances');
    expect(html).toContain('198.18.0.2');
    expect(html).toContain('href="/stripe/shop"');
    expect(html).not.toMatch(/<script|<img|https?:\/\/|url\(/);
  });
});
