import { expect, vi } from 'vitest';
import type { ServerStatus } from '#db/model.ts';
import type { World } from '../world.ts';

export const soon = { timeout: 45_000, interval: 100 };

/** Waits until all of the servers have this status. */
export function allAre(world: World, serverIds: readonly string[], status: ServerStatus): Promise<void> {
  return untilAll(world, { serverIds, status, withinMs: soon.timeout });
}

/** Waits until all of the servers run. */
export function allRunWithin(world: World, serverIds: readonly string[], withinMs: number): Promise<void> {
  return untilAll(world, { serverIds, status: 'running', withinMs });
}

async function untilAll(
  world: World,
  { serverIds, status, withinMs }: { serverIds: readonly string[]; status: ServerStatus; withinMs: number },
): Promise<void> {
  await vi.waitFor(
    async () => {
      const servers = await Promise.all(serverIds.map((id) => world.store.readServer(id)));
      expect(servers.map((found) => found?.server.status)).toEqual(serverIds.map(() => status));
    },
    { timeout: withinMs, interval: 100 },
  );
}

/** Waits until the simulator has received this many calls of an operation. */
export async function calls(world: World, operation: string, count: number): Promise<void> {
  await vi.waitFor(async () => {
    expect((await world.calls()).filter((call) => call.operation === operation).length).toBeGreaterThanOrEqual(count);
  }, soon);
}

/** Expects exactly the machines with these names at the cloud. */
export async function expectMachines(world: World, expected: readonly string[]): Promise<void> {
  expect((await world.machines()).map(({ label }) => label).sort()).toEqual([...expected].sort());
}
