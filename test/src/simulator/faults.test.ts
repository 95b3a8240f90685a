import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { manualClock } from './manual-clock.ts';
import type { Raw } from './raw-client.ts';
import { type RunningSimulator, runSimulator } from './running-simulator.ts';
import { order, rawVultr } from './vultr/client.ts';

async function simulated(options = {}): Promise<{ simulator: RunningSimulator; raw: Raw }> {
  const simulator = await runSimulator(options);
  return { simulator, raw: rawVultr(simulator) };
}

/** Another process orders a machine, prints the status of the answer, and waits to be killed. */
async function orderFromElsewhere(vultrUrl: string) {
  const script = `
    const headers = { authorization: 'Bearer simulator', 'content-type': 'application/json',
      'x-client-id': '${hostname()}-' + process.pid };
    const answer = await fetch('${vultrUrl}/instances', { method: 'POST', headers, body: '${JSON.stringify(order())}' });
    console.log(answer.status);
    setTimeout(() => undefined, 10_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const [, signal] = await once(child, 'close');
  return { output, signal };
}

describe('a fault', () => {
  it('that answers with a status before acting has no effect', async () => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ kind: 'status', operation: 'create', status: 503, error: 'Gone fishing' });
    const answer = await raw('POST', '/instances', order());
    expect(answer).toMatchObject({ status: 503, body: { error: 'Gone fishing', status: 503 } });
    expect(await simulator.machines()).toEqual([]);
  });

  it('that answers with a status after acting takes effect', async () => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ kind: 'status', operation: 'create', status: 500, when: 'after' });
    expect((await raw('POST', '/instances', order())).status).toBe(500);
    expect(await simulator.machines()).toHaveLength(1);
  });

  it('that leaves a machine without an address lets it run', async () => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ kind: 'no-address' });
    const { id } = (await raw('POST', '/instances', order())).body.instance;
    expect((await raw('GET', `/instances/${id}`)).body.instance).toMatchObject({
      status: 'active',
      main_ip: '0.0.0.0',
    });
  });

  it('that answers with its own body sends it with its headers', async () => {
    const { simulator, raw } = await simulated();
    const headers = { location: '/elsewhere', 'x-test': '1' };
    await simulator.injectFault({ kind: 'status', operation: 'list', status: 418, body: { tea: true }, headers });
    const answer = await raw('GET', '/instances');
    expect(answer).toMatchObject({ status: 418, body: { tea: true } });
    expect(Object.fromEntries(answer.headers)).toMatchObject(headers);
  });

  it('that limits the rate gives the wait in seconds or as a date', async () => {
    const { simulator, raw } = await simulated({ clock: manualClock(Date.UTC(2026, 0, 1)) });
    await simulator.injectFault({ kind: 'status', operation: '*', status: 429, retryAfter: { seconds: 30 } });
    await simulator.injectFault({
      kind: 'status',
      operation: '*',
      status: 429,
      retryAfter: { seconds: 30, as: 'date' },
    });
    const waits = [await raw('GET', '/os'), await raw('GET', '/os')].map(({ headers }) => headers.get('retry-after'));
    expect(waits).toEqual(['30', 'Thu, 01 Jan 2026 00:00:30 GMT']);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ])('that closes the connection %s acting leaves %i machines', async (when, made) => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ kind: 'lost', operation: 'create', when });
    await expect(raw('POST', '/instances', order())).rejects.toThrow('fetch failed');
    expect(await simulator.machines()).toHaveLength(made);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ])('that delays a create %s acting shows %i machines meanwhile', async (when, made) => {
    const clock = manualClock();
    const { simulator, raw } = await simulated({ clock });
    await simulator.injectFault({ kind: 'slow', operation: 'create', when, ms: 5000 });
    const answer = raw('POST', '/instances', order());
    await vi.waitFor(() => expect(clock.waiting()).toBe(1));
    expect(await simulator.machines()).toHaveLength(made);
    clock.advance(5000);
    expect((await answer).status).toBe(202);
    expect(await simulator.calls()).toMatchObject([{ status: 202, faults: ['slow'] }]);
  });

  it('that hangs never answers, and ends when its caller ends', async () => {
    const { simulator } = await simulated();
    await simulator.injectFault({ kind: 'hang', operation: 'os' });
    const abort = new AbortController();
    const answer = fetch(`${simulator.apiUrl('vultr')}/os`, { signal: abort.signal });
    answer.catch(() => undefined);
    await vi.waitFor(async () =>
      expect(await simulator.calls()).toMatchObject([{ finishedAt: null, faults: ['hang'] }]),
    );
    abort.abort();
    await expect(answer).rejects.toThrow('aborted');
    await vi.waitFor(async () => {
      expect(await simulator.calls()).toMatchObject([{ status: null, finishedAt: expect.any(Number) }]);
    });
  });

  it('that answers with garbage has acted, and sends no JSON', async () => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ kind: 'garbage', operation: 'create' });
    await expect(raw('POST', '/instances', order())).rejects.toThrow(SyntaxError);
    expect(await simulator.machines()).toHaveLength(1);
  });

  it('that halves the body has acted, and closes the connection', async () => {
    const { simulator } = await simulated();
    await simulator.injectFault({ kind: 'half-body', operation: 'regions' });
    const response = await fetch(`${simulator.apiUrl('vultr')}/regions`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('that lists late hides a new machine from lists, but not from a get', async () => {
    const clock = manualClock();
    const { simulator, raw } = await simulated({ clock });
    await simulator.injectFault({ kind: 'late-list', ms: 4000 });
    const { id } = (await raw('POST', '/instances', order())).body.instance;
    const listed = async () => (await raw('GET', '/instances')).body.meta.total;
    clock.advance(3999);
    expect(await listed()).toBe(0);
    expect((await raw('GET', `/instances/${id}`)).status).toBe(200);
    clock.advance(1);
    expect(await listed()).toBe(1);
  });

  it.each(['arrived', 'acted', 'answered'])('that kills at "%s" ends the caller there', async (when) => {
    const { simulator } = await simulated();
    await simulator.injectFault({ kind: 'kill', operation: 'create', when, ms: 3_000 });
    const { output, signal } = await orderFromElsewhere(simulator.apiUrl('vultr'));
    expect(signal).toBe('SIGKILL');
    expect(output).toBe(when === 'answered' ? '202\n' : '');
    expect(await simulator.machines()).toHaveLength(when === 'arrived' ? 0 : 1);
  });

  it('that kills does nothing to a caller that names no process of this computer', async () => {
    const { simulator } = await simulated();
    await simulator.injectFault({ kind: 'kill', operation: 'os', when: 'answered' });
    const headers = { 'x-client-id': `elsewhere-${process.pid}` };
    expect((await fetch(`${simulator.apiUrl('vultr')}/os`, { headers })).status).toBe(200);
  });

  it('with a share is injected into about that part of the calls', async () => {
    const lots = [0.2, 0.9, 0.4, 0.6];
    const { simulator, raw } = await simulated({ random: () => lots.shift() ?? 1 });
    await simulator.injectFault({ kind: 'status', operation: 'os', status: 503, times: null, share: 0.5 });
    const statuses = [];
    for (let call = 0; call < 4; call++) statuses.push((await raw('GET', '/os')).status);
    expect(statuses).toEqual([503, 200, 503, 200]);
  });

  it('that locks refuses a delete', async () => {
    const { simulator, raw } = await simulated();
    const { id } = (await raw('POST', '/instances', order())).body.instance;
    await simulator.injectFault({ kind: 'locked' });
    const error = expect.stringContaining('currently locked');
    expect(await raw('DELETE', `/instances/${id}`)).toMatchObject({ status: 500, body: { error } });
    expect((await raw('DELETE', `/instances/${id}`)).status).toBe(204);
  });

  it.each([
    [10_000, 'active'],
    [null, 'pending'],
  ])('that sets the boot to %j leaves a machine %s after that time', async (ms, status) => {
    const clock = manualClock();
    const { simulator, raw } = await simulated({ clock });
    await simulator.injectFault({ kind: 'boot', ms });
    const { instance } = (await raw('POST', '/instances', order())).body;
    expect(instance.status).toBe('pending');
    clock.advance(10_000);
    expect((await raw('GET', `/instances/${instance.id}`)).body.instance.status).toBe(status);
  });
});
