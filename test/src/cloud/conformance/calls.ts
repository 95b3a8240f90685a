import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { makeMachine } from '#queues/jobs/steps/make-machine.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { createRecentAccount } from '#queues/run/recent-account.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import { fakeVpn } from '../../../fakes/vpn.ts';
import { scene as handlerScene, machineRow } from '../../../queues/jobs/scene.ts';
import { type DriverUnderTest, never, owner, type Scene, setUp } from './scene.ts';

/** The calls of one create, by their operations, without the listings that all runs share. */
async function callsOfCreate(scene: Scene, changes: Partial<JobContext>): Promise<string[]> {
  const { driver, clock, spec, simulator } = scene;
  const { location, plan } = spec;
  const recentAccount = createRecentAccount(driver);
  const accountInUse = await recentAccount(never);
  const before = (await simulator.calls()).length;
  let shared = 0;
  const vpn = fakeVpn();
  vpn.fallSilent();
  await makeMachine({
    ...handlerScene(fakeProvider(), { machine: machineRow({ location, plan }), vpn }),
    provider: driver,
    accountInUse,
    recentAccount: () => recentAccount(never),
    sleep: async (ms) => clock.advance(ms),
    nextListing: async (_, signal) => {
      await nextTurn();
      signal.throwIfAborted();
      clock.advance(30_000);
      shared += 1;
      vpn.answer();
      return driver.list(owner.installation, never);
    },
    ...changes,
  });
  const calls = (await simulator.calls(before)).map(({ operation }) => operation);
  const isList = (operation: string) => operation === 'list';
  return [...calls.filter(isList).slice(shared), ...calls.filter((operation) => !isList(operation))];
}

/** The number of calls for a machine is a promise: providers limit them. */
export function callDemands(under: DriverUnderTest): void {
  afterEach(() => void vi.useRealTimers());

  it('takes these calls, and at most four, if the run is surely the first', async () => {
    const scene = await setUp(under, { bootMs: 20_000 });
    const calls = await callsOfCreate(scene, { surelyFirst: true });
    expect(calls).toEqual(['list', 'create', ...under.callsOnceReady]);
    expect(calls.length).toBeLessThanOrEqual(4);
  });

  it('takes three more if it is not, for both parts of two looks', async () => {
    const scene = await setUp(under, { bootMs: 20_000 });
    const calls = await callsOfCreate(scene, { surelyFirst: false });
    expect(calls).toEqual([...Array(4).fill('list'), 'create', ...under.callsOnceReady]);
  });
}
