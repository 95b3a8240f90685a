import { afterEach, expect, test, vi } from 'vitest';
import { create } from '#queues/jobs/create.ts';
import { answeringIpv6 } from '#queues/jobs/steps/answering-ipv6.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { fakeDns } from '../../../fakes/dns.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import { fakeVpn } from '../../../fakes/vpn.ts';
import { owner, type Scene, scene, serverRow } from '../scene.ts';

afterEach(() => void vi.useRealTimers());

const ipv6 = '2001:db8::1';

/** The job's machine runs and has both addresses. */
function booted(changes: Parameters<typeof scene>[1] = {}) {
  const provider = fakeProvider();
  const machine = provider.put({ name: 'gf-srv-1-1', owner, ipv6 });
  const vpn = fakeVpn();
  return { machine, vpn, context: scene(provider, { vpn, ...changes }) };
}

/** Creates the server, and returns the addresses of its name and the machine as it is recorded. */
async function created(context: Scene) {
  const dns = fakeDns();
  const outcome = await create({ ...context, dns });
  return { published: dns.of(serverRow().hostname), outcome };
}

test('an IPv6 address at which the VPN answers is published', async () => {
  const { context } = booted();
  const { published, outcome } = await created(context);
  expect(published).toEqual(['192.0.2.1', ipv6]);
  expect(outcome).toMatchObject({ machine: { ipv6 } });
});

test('an IPv6 address at which the VPN does not answer is neither published nor recorded', async () => {
  const { context, vpn } = booted();
  vpn.fallSilentOverIpv6();
  const { published, outcome } = await created(context);
  expect(published).toEqual(['192.0.2.1']);
  expect(outcome).toMatchObject({ machine: { ipv4: '192.0.2.1', ipv6: null } });
  expect(vpn.asked).toEqual(['192.0.2.1', ipv6]);
});

test('on a host without IPv6 none is published', async () => {
  const { context, vpn } = booted();
  vpn.block('2001:', 'send ENETUNREACH');
  expect((await created(context)).published).toEqual(['192.0.2.1']);
});

test('without IPv6 on this host the question takes no time', async () => {
  const { context, vpn, machine } = booted();
  vpn.block('2001:', 'send ENETUNREACH');
  expect(await answeringIpv6(context, machine)).toBeNull();
  expect(context.waited()).toBe(0);
});

test('a machine that is silent over IPv6 is asked there for three seconds', async () => {
  const { context, vpn, machine } = booted();
  vpn.fallSilentOverIpv6();
  expect(await answeringIpv6(context, machine)).toBeNull();
  expect(context.waited()).toBe(3_000);
});

test('the question over IPv6 ends with its answer or its time', async () => {
  const { context, vpn, machine } = booted();
  const signals: AbortSignal[] = [];
  const ask: typeof vpn.ask = (address, signal) => {
    signals.push(signal);
    return vpn.ask(address, signal);
  };
  await answeringIpv6({ ...context, vpn: { ...vpn, ask } }, machine);
  vpn.fallSilentOverIpv6();
  await answeringIpv6({ ...context, vpn: { ...vpn, ask } }, machine);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

test('a machine without IPv6, or of a server without keys, is not asked', async () => {
  const { context, vpn, machine } = booted();
  expect(await answeringIpv6(context, { ...machine, ipv6: null })).toBeNull();
  expect(await answeringIpv6({ ...context, vpn: null }, machine)).toBeNull();
  expect(vpn.asked).toEqual([]);
});

test('a run that must stop does not record that the machine is silent', async () => {
  const abort = new AbortController();
  const { context, vpn, machine } = booted({ signal: abort.signal });
  vpn.fallSilentOverIpv6();
  const asking = answeringIpv6(context, machine);
  abort.abort(new RunAborted('shutdown'));
  await expect(asking).rejects.toThrow(RunAborted);
});
