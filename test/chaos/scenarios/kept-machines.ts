import type { Installation } from '../installation.ts';
import type { SimulatedMachine } from '../simulated-cloud.ts';
import type { Stage } from '../stage.ts';

/** A little more than two passes of the inventory (20 s each). */
export const twoInventoryPassesMs = 50_000;

/** Checks that `meanwhile` leaves the machines of these servers in place. */
export async function expectKept(stage: Stage, ids: readonly string[], meanwhile: () => Promise<void>): Promise<void> {
  const { installation } = stage;
  const machines = await installation.cloud.machines();
  const paid = machines.filter(({ label }) => ids.some((id) => label.startsWith(`gf-${id}-`)));
  await meanwhile();
  if (!(await allExist(installation, paid))) stage.broken('A machine that a customer pays for was removed.');
}

/** Whether all of these machines still exist at the cloud. */
export async function allExist({ cloud }: Installation, wanted: readonly SimulatedMachine[]): Promise<boolean> {
  const keys = new Set((await cloud.machines()).map(({ key }) => key));
  return wanted.every(({ key }) => keys.has(key));
}
