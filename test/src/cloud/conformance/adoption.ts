import { afterEach, expect, it, vi } from 'vitest';
import { makeMachine } from '#queues/jobs/steps/make-machine.ts';
import { removeMachines } from '#queues/jobs/steps/remove-machines.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import { scene as handlerScene, machineRow } from '../../../queues/jobs/scene.ts';
import { type DriverUnderTest, faultOf, never, owner, type Scene, setUp } from './scene.ts';

/** A handler's context at the scene's provider. Its waits also move the provider's clock. */
function contextAt({ driver, clock, spec }: Scene, changes: Partial<JobContext> = {}): JobContext {
  const { location, plan } = spec;
  const base = handlerScene(fakeProvider(), { machine: machineRow({ location, plan }) });
  return {
    ...base,
    provider: driver,
    surelyFirst: false,
    recentAccount: () => driver.account(never),
    sleep: async (ms) => clock.advance(ms),
    nextListing: () => {
      clock.advance(5000);
      return driver.list(owner.installation, never);
    },
    ...changes,
  };
}

/** Makes one attempt after another, like the queue. An attempt that the provider delayed does not count. */
async function untilMade(scene: Scene, attempts = 10): Promise<string> {
  for (let attempt = 1; attempt < attempts; attempt += 1) {
    try {
      return (await makeMachine(contextAt(scene))).providerId;
    } catch {
      scene.clock.advance(5000);
    }
  }
  return (await makeMachine(contextAt(scene))).providerId;
}

/** The handlers' own steps with this driver make one machine, even if answers are lost. */
export function adoptionDemands(under: DriverUnderTest): void {
  afterEach(() => void vi.useRealTimers());

  it('make one machine', async () => {
    const scene = await setUp(under, { bootMs: 20_000 });
    const id = await untilMade(scene);
    expect(await scene.driver.get(id, never)).toMatchObject({ name: 'gf-srv-1-1', owner, state: 'running' });
    expect(await scene.simulator.machines()).toHaveLength(1);
  });

  it.each(['lost', 'half-body', 'garbage'])('adopt the machine whose order got the answer %s', async (kind) => {
    const scene = await setUp(under, { bootMs: 20_000 });
    await scene.simulator.injectFault({ kind, operation: 'create' });
    expect(await faultOf(makeMachine(contextAt(scene)))).toBe('unknown');
    expect(await untilMade(scene)).toMatch(/^\S+$/);
    expect(await scene.simulator.machines()).toHaveLength(1);
  });

  it('do not adopt a machine of another owner', async () => {
    const scene = await setUp(under);
    await scene.raw('POST', under.path, under.strangersOrder('gf-srv-1-1'));
    scene.settle();
    await expect(makeMachine(contextAt(scene))).rejects.toThrow('which is not ours');
    expect(await scene.simulator.machines()).toHaveLength(1);
  });

  it('remove a machine once the provider has unlocked it', async () => {
    const scene = await setUp(under, { lockMs: 30_000 });
    await scene.driver.create(scene.spec, never);
    scene.settle();
    await scene.simulator.injectFault({ kind: 'locked' });
    const { driver, spec } = scene;
    await removeMachines(contextAt(scene), () => driver.find(spec.name, owner, never));
    expect((await scene.simulator.machines()).map(({ state }) => state)).toEqual(['removed']);
  });
}
