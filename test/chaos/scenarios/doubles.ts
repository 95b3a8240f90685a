import type { Stage } from '../stage.ts';

/** The time that each double existed beside the machine that stayed, in ms; null if two still coexist. */
export async function doublesOver({ installation }: Stage): Promise<number[] | null> {
  const made = await installation.cloud.everMade();
  const doubled = [...Map.groupBy(made, ({ label }) => label).values()].filter(({ length }) => length > 1);
  const durations: number[] = [];
  for (const machines of doubled) {
    const [first, second] = machines.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
    const removedAt = machines.find((machine) => machine.removedAt)?.removedAt;
    if (!first || !second || !removedAt) return null;
    durations.push(Date.parse(removedAt) - Date.parse(second.createdAt));
  }
  return durations;
}
