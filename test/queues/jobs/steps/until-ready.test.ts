import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeMachine } from '#queues/jobs/steps/make-machine.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { ProbeBlockedError } from '#queues/ports/vpn.ts';
import { epoch } from '../../../fakes/machines.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import { fakeUserData, fakeVpn } from '../../../fakes/vpn.ts';
import { owner, scene } from '../scene.ts';

afterEach(() => void vi.useRealTimers());

const name = 'gf-srv-1-1';
const unavailable = () => new ProviderError('unavailable', 'The cloud is away.');

describe('waiting until it runs', () => {
  test('a machine that runs without an address is not ready yet', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 1_000 });
    let looks = 0;
    provider.during('list', () => {
      looks += 1;
      if (looks === 1) provider.alter('vps-1', { state: 'running' });
      if (looks === 3) provider.alter('vps-1', { ipv4: '198.51.100.7' });
    });
    expect((await makeMachine(scene(provider))).ipv4).toBe('198.51.100.7');
    expect(looks).toBe(3);
  });

  test('a double that the list shows late is removed', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 2 });
    let looks = 0;
    provider.during('list', () => {
      looks += 1;
      if (looks === 2) provider.put({ id: 'vps-9', name, owner, createdAt: new Date(epoch.getTime() + 60_000) });
    });
    expect((await makeMachine(scene(provider))).providerId).toBe('vps-1');
    expect(provider.machines().map(({ id }) => id)).toEqual(['vps-1']);
  });

  test('a wait stops as soon as the machine is not wanted any more', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 1_000 });
    const context = scene(provider, { assertWanted: () => Promise.reject(new RunAborted('destroy-waits')) });
    await expect(makeMachine(context)).rejects.toThrow(RunAborted);
    expect(provider.count('list')).toBe(1);
    expect(provider.machines()).toHaveLength(1);
  });

  test('a machine that vanishes fails the attempt once its absence proves it, and counts as one that was ordered', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 1_000 });
    provider.during('list', () => provider.vanish('vps-1'));
    const context = scene(provider);
    await expect(makeMachine(context)).rejects.toThrow(/vps-1 vanished/);
    expect(context.waited()).toBeGreaterThan(provider.shownWithinMs);
    expect(context.waited()).toBeLessThan(provider.shownWithinMs + 10_000);
    expect(context.orderNotes).toEqual(['accepted', 'silent vps-1']);
    expect(provider.count('create')).toBe(1);
  });

  test('a new machine that neither a list nor a read by its id shows for a minute is waited for', async () => {
    const provider = fakeProvider('simulator', { hiddenLooks: 12, hiddenReads: 8 });
    const context = scene(provider, { bootTimeoutMs: 20_000 });
    expect((await makeMachine(context)).providerId).toBe('vps-1');
    expect(context.waited()).toBeGreaterThan(45_000);
    expect([provider.count('create'), provider.machines().length]).toEqual([1, 1]);
  });

  test('the boot time of a machine counts from when it is first shown', async () => {
    const provider = fakeProvider('simulator', { hiddenLooks: 12, hiddenReads: 100, bootLooks: 2 });
    const context = scene(provider, { bootTimeoutMs: 15_000 });
    expect((await makeMachine(context)).providerId).toBe('vps-1');
    expect(provider.count('remove')).toBe(0);
  });

  test('a machine that is missing in listings is read by its id until it runs', async () => {
    const provider = fakeProvider('simulator', { hiddenLooks: Number.POSITIVE_INFINITY });
    provider.during('get', () => provider.alter('vps-1', { state: 'running', ipv4: '198.51.100.7' }));
    expect((await makeMachine(scene(provider))).ipv4).toBe('198.51.100.7');
  });

  test('a machine is read by its id only when three listings in a row lack it, after the lag of lists', async () => {
    const hidden = fakeProvider('simulator', { hiddenLooks: 100, listLagMs: 60_000 });
    const readAt: number[] = [];
    const context = scene(hidden);
    hidden.during('get', () => readAt.push(context.waited()));
    hidden.during('list', () => context.waited() > 80_000 && hidden.alter('vps-1', { state: 'running', ipv4: '192.0.2.7' }));
    await makeMachine(context);
    expect(readAt[0]).toBe(65_000);

    const blinking = fakeProvider('simulator', { bootLooks: 1_000, listLagMs: 0 });
    let looks = 0;
    const list: typeof blinking.list = async (...args) => {
      const listed = await blinking.list(...args);
      looks += 1;
      if (looks === 20) blinking.alter('vps-1', { state: 'running', ipv4: '192.0.2.7' });
      return looks % 3 === 0 || looks > 20 ? listed : [];
    };
    await makeMachine(scene({ ...blinking, list }));
    expect(blinking.count('get')).toBe(0);
  });

  test('the wait asks every two seconds at most whether its machine is wanted', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 1 });
    let asked = 0;
    const assertWanted = async () => void (asked += 1);
    const context = scene(provider, { assertWanted });
    const nextListing: JobContext['nextListing'] = async (_, stop) => {
      await context.sleep(100);
      if (context.waited() > 10_000) provider.alter('vps-1', { state: 'running', ipv4: '192.0.2.7' });
      return provider.list(owner.installation, stop);
    };
    await makeMachine({ ...context, nextListing });
    expect(asked).toBeLessThanOrEqual(5);
  });

  test('a machine that never runs is removed and verified gone, and the attempt fails', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 1_000_000, lingerLooks: 3 });
    const context = scene(provider);
    await expect(makeMachine(context)).rejects.toThrow(/did not come up within 600 s: it is pending. It was removed/);
    expect(context.waited()).toBeGreaterThan(10 * 60_000);
    expect(provider.machines()).toEqual([]);
    expect(context.orderNotes).toEqual(['accepted', 'silent vps-1', 'gone']);
  });

  test('a machine that no listing ever shows fails the attempt after the same time', async () => {
    const provider = fakeProvider('simulator', { hiddenLooks: Number.POSITIVE_INFINITY });
    const context = scene(provider);
    await expect(makeMachine(context)).rejects.toThrow(/did not come up/);
    expect(context.waited()).toBeLessThan(11 * 60_000);
    expect(provider.machines()).toEqual([]);
  });

  test('a listing that fails during the wait only extends it', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 2 });
    provider.fail('list', unavailable(), { times: 20 });
    const context = scene(provider);
    expect((await makeMachine(context)).providerId).toBe('vps-1');
    expect(context.steps.filter((step) => step.includes('The cloud is away.'))).not.toEqual([]);
  });

  test('a rate-limited listing extends the wait by its retry time, and the run continues', async () => {
    const provider = fakeProvider();
    provider.fail('list', new ProviderError('rate-limited', 'Slow down.', { retryAfterMs: 30_000 }));
    const context = scene(provider);
    await makeMachine(context);
    expect(context.waited()).toBeGreaterThanOrEqual(30_000);
    expect(provider.count('create')).toBe(1);
  });

  test('a cloud that is unavailable past the boot time ends the attempt, and removes no unseen machine', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 1_000 });
    provider.fail('list', unavailable(), { times: 1_000 });
    await expect(makeMachine(scene(provider))).rejects.toMatchObject({ fault: 'unavailable' });
    expect(provider.count('remove')).toBe(0);
  });

  test('a refused key ends the wait at once, and the gate decides about the next attempt', async () => {
    const provider = fakeProvider();
    provider.fail('list', new ProviderError('not-allowed', 'Bad key.'));
    await expect(makeMachine(scene(provider))).rejects.toMatchObject({ fault: 'not-allowed' });
  });

  test('a destroy is noticed while the listing fails', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 1_000 });
    provider.fail('list', unavailable(), { times: 1_000 });
    const assertWanted: JobContext['assertWanted'] = () => Promise.reject(new RunAborted('destroy-waits'));
    await expect(makeMachine(scene(provider, { assertWanted }))).rejects.toThrow(RunAborted);
    expect(provider.count('list')).toBe(1);
  });
});

describe('waiting until its VPN answers', () => {
  test('the machine is ordered with the user data of its server’s VPN', async () => {
    const provider = fakeProvider();
    let userData: string | undefined;
    provider.during('forgetUserData', () => {
      userData = provider.userDataOf('vps-1');
    });
    await makeMachine(scene(provider, { vpn: fakeVpn() }));
    expect(userData).toBe(fakeUserData);
  });

  test('a machine is ready once it has answered, and is asked on while listings come', async () => {
    const provider = fakeProvider();
    const vpn = fakeVpn();
    vpn.fallSilent();
    let looks = 0;
    provider.during('list', () => {
      looks += 1;
      if (looks === 5) vpn.answer();
    });
    const context = scene(provider, { vpn });
    expect((await makeMachine(context)).ipv4).toBe('192.0.2.1');
    expect(looks).toBeGreaterThanOrEqual(5);
    expect(vpn.asked).toEqual(['192.0.2.1']);
    expect(context.steps).toContain('Machine vps-1 has an address; waiting until its VPN answers');
  });

  test('a machine is asked as soon as it has an address, while it is booting', async () => {
    const provider = fakeProvider('simulator', { bootLooks: 20 });
    const vpn = fakeVpn();
    vpn.fallSilent();
    let looks = 0;
    provider.during('list', () => {
      looks += 1;
      if (looks === 2) provider.alter('vps-1', { ipv4: '192.0.2.1' });
      if (looks === 4) expect(vpn.asked).toEqual(['192.0.2.1']);
      if (looks === 25) vpn.answer();
    });
    await makeMachine(scene(provider, { vpn }));
    expect(looks).toBeGreaterThanOrEqual(25);
  });

  test('a machine whose address is in the answer to its order is ready without a listing', async () => {
    const provider = fakeProvider('simulator', { addressAtOrder: true });
    provider.during('get', () => provider.alter('vps-1', { state: 'running' }));
    const context = scene(provider, { vpn: fakeVpn(), nextListing: () => new Promise(() => undefined) });
    expect((await makeMachine(context)).ipv4).toBe('192.0.2.1');
  });

  test('a machine that answers is not ready while the provider does not say that it runs', async () => {
    const provider = fakeProvider('simulator', { addressAtOrder: true, bootLooks: 3 });
    const context = scene(provider, { vpn: fakeVpn() });
    // A machine that boots may still read its user data.
    const states: unknown[] = [];
    provider.during('forgetUserData', () => void states.push(provider.machines()[0]?.state));
    await makeMachine(context);
    expect(provider.count('list')).toBeGreaterThanOrEqual(3);
    expect(states).toEqual(['running']);
  });

  test('a machine that has moved to another address since its answer is asked there', async () => {
    const provider = fakeProvider();
    let moves = 0;
    provider.during('forgetUserData', () => {
      moves += 1;
      provider.alter('vps-1', { ipv4: '192.0.2.99' });
    });
    const vpn = fakeVpn();
    expect((await makeMachine(scene(provider, { vpn }))).ipv4).toBe('192.0.2.99');
    expect(vpn.asked).toEqual(['192.0.2.1', '192.0.2.99']);
    expect(moves).toBe(1);
  });

  test('a machine that answers but has lost our tag is not ready', async () => {
    const provider = fakeProvider();
    provider.during('forgetUserData', () => provider.alter('vps-1', { owner: null }));
    await expect(makeMachine(scene(provider, { vpn: fakeVpn() }))).rejects.toThrow(/vanished/);
  });

  test('a machine that never answers is removed and verified gone, and the error names its address', async () => {
    const provider = fakeProvider('simulator', { lingerLooks: 3 });
    const vpn = fakeVpn();
    vpn.fallSilent();
    const context = scene(provider, { vpn, bootTimeoutMs: 120_000 });
    await expect(makeMachine(context)).rejects.toThrow(/within 120 s: 192.0.2.1 is silent. It was removed/);
    expect(context.waited()).toBeGreaterThan(120_000);
    expect(provider.machines()).toEqual([]);
    expect(provider.count('forgetUserData')).toBe(0);
  });

  test('a machine to which this host cannot send stays, and the run ends without using an attempt', async () => {
    const provider = fakeProvider();
    const vpn = fakeVpn();
    vpn.block('192.0.2.', 'send ENETUNREACH');
    const context = scene(provider, { vpn, bootTimeoutMs: 15_000 });
    const made = makeMachine(context);
    await expect(made).rejects.toThrow(ProbeBlockedError);
    await expect(made).rejects.toThrow(/cannot send handshakes to machine vps-1: send ENETUNREACH/);
    expect(provider.machines()).toHaveLength(1);
    expect(context.orderNotes).toEqual(['accepted']);
  });

  test('the time in which nothing could be sent does not count against the machine', async () => {
    const provider = fakeProvider();
    const vpn = fakeVpn();
    vpn.fallSilent();
    vpn.blockedMs = 60_000;
    const context = scene(provider, { vpn, bootTimeoutMs: 60_000 });
    await expect(makeMachine(context)).rejects.toThrow(/is silent. It was removed/);
    expect(context.waited()).toBeGreaterThan(120_000);
  });

  test('the questions end with the wait', async () => {
    const provider = fakeProvider();
    const vpn = fakeVpn();
    let asked: AbortSignal | null = null;
    const listening = {
      ...vpn,
      ask: (ipv4: string, signal: AbortSignal) => {
        asked = signal;
        return vpn.ask(ipv4, signal);
      },
    };
    await makeMachine(scene(provider, { vpn: listening }));
    expect(asked).toMatchObject({ aborted: true });
  });

  test('a machine that vanishes during the wait fails the attempt early', async () => {
    const provider = fakeProvider();
    const vpn = fakeVpn();
    vpn.fallSilent();
    const context = scene(provider, { vpn });
    let looks = 0;
    provider.during('list', () => {
      looks += 1;
      if (looks === 3) provider.vanish('vps-1');
    });
    await expect(makeMachine(context)).rejects.toThrow(/vps-1 vanished/);
    expect(context.waited()).toBeLessThan(provider.shownWithinMs + 60_000);
  });

  test('the wait stops as soon as the machine is not wanted any more', async () => {
    const provider = fakeProvider();
    provider.put({ name, owner });
    const vpn = fakeVpn();
    vpn.fallSilent();
    const assertWanted: JobContext['assertWanted'] = () => Promise.reject(new RunAborted('destroy-waits'));
    await expect(makeMachine(scene(provider, { vpn, assertWanted }))).rejects.toThrow(RunAborted);
    expect(vpn.asked).toHaveLength(1);
  });

  test('a server without keys gets a machine without user data and without a handshake', async () => {
    const provider = fakeProvider();
    await makeMachine(scene(provider));
    expect(provider.userDataOf('vps-1')).toBeUndefined();
    expect(provider.count('forgetUserData')).toBe(0);
  });
});
