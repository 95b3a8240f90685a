import { expect, test } from 'vitest';
import type { Billed } from '#queues/inventory/billed.ts';
import { addListing, type DayUsage, type Usage, usageOf } from '#queues/statements/usage.ts';

const hour = 3_600_000;
const start = Date.parse('2026-11-01T00:00:00Z');
const at = (hours: number) => new Date(start + hours * hour);

interface Machine {
  readonly id: string;
  /** Hours after the first of the month began; negative: before. */
  readonly made: number;
  readonly plan?: string;
  readonly isOrphan?: boolean;
}

function listing(hours: number, machines: readonly Machine[]): Billed {
  const orphans = machines.filter(({ isOrphan }) => isOrphan).map(({ id }) => id);
  const { length } = machines;
  return {
    at: at(hours),
    provider: 'simulator',
    machines: machines.map(({ id, made, plan = 'small' }) => ({ id, plan, createdAt: at(made) })),
    orphanIds: new Set(orphans),
    counts: { billed: length, owned: length - orphans.length, unknown: orphans.length, missing: 0 },
  };
}

async function usageAfter(...listings: readonly Billed[]): Promise<Usage> {
  let usage: Usage | null = null;
  for (const one of listings) usage = await addListing(usage, one, 'UTC');
  if (usage === null) throw new Error('There was no listing.');
  return usage;
}

const hoursIn = (usage: DayUsage | null | undefined) =>
  Object.fromEntries(
    usage?.plans.map(({ plan, isOrphan, ms }) => [isOrphan ? `${plan} orphan` : plan, ms / hour]) ?? [],
  );

test('a machine counts from when it was made to the last listing that showed it', async () => {
  const [old, young] = [
    { id: '1', made: -50 },
    { id: '2', made: 3 },
  ];
  const usage = await usageAfter(listing(2, [old]), listing(4, [old, young]), listing(6, [old]));
  expect(hoursIn(usage.days['2026-11-01'])).toEqual({ small: 6 + 1 });
});

test('plans and orphans are counted apart, also if a machine becomes an orphan', async () => {
  const machines = [
    { id: '1', made: 0 },
    { id: '2', made: 0, plan: 'large' },
    { id: '3', made: 0, isOrphan: true },
  ];
  const lost = machines.map((machine) => ({ ...machine, isOrphan: true }));
  const usage = await usageAfter(listing(1, machines), listing(3, lost));
  expect(hoursIn(usage.days['2026-11-01'])).toEqual({
    small: 1,
    large: 1,
    'small orphan': 1 + 2 + 2,
    'large orphan': 2,
  });
});

test('a listing after midnight divides the time, and closes the day', async () => {
  const machine = { id: '1', made: -5 };
  const open = await usageAfter(listing(-1, [machine]), listing(23, [machine]));
  expect(usageOf(open, '2026-11-01', 'UTC')).toBeNull();
  const closed = await addListing(open, listing(25, [machine]), 'UTC');
  expect(hoursIn(usageOf(closed, '2026-11-01', 'UTC'))).toEqual({ small: 24 });
  expect(hoursIn(closed.days['2026-11-02'])).toEqual({ small: 1 });
  expect(usageOf(closed, '2026-11-01', 'UTC')?.counts).toEqual({ billed: 1, owned: 1, unknown: 0, missing: 0 });
});

test('hours without a listing count for the machines that exist after them', async () => {
  const machine = { id: '1', made: -5 };
  const usage = await usageAfter(listing(-1, [machine]), listing(2, [machine]), listing(30, [machine]));
  expect(hoursIn(usageOf(usage, '2026-11-01', 'UTC'))).toEqual({ small: 24 });
});

test('a day that began before the first listing, or that has no listing, is not known', async () => {
  const machine = { id: '1', made: -100 };
  const usage = await usageAfter(listing(1, [machine]), listing(25, [machine]), listing(73, [machine]));
  expect(usage.days['2026-11-01']?.closedAt).toBe(start + 25 * hour);
  expect(usageOf(usage, '2026-11-01', 'UTC')).toBeNull();
  expect(usage.days['2026-11-03']).toBeUndefined();
  expect(usageOf(usage, '2026-11-03', 'UTC')).toBeNull();
  // The next listing came more than a day after the end of the second.
  expect(usage.days['2026-11-02']?.closedAt).toBe(start + 73 * hour);
  expect(usageOf(usage, '2026-11-02', 'UTC')).toBeNull();
});

test('a listing that is older than the last one changes nothing', async () => {
  const usage = await usageAfter(listing(5, [{ id: '1', made: 0 }]));
  expect(await addListing(usage, listing(4, [{ id: '2', made: 0 }]), 'UTC')).toBe(usage);
  expect(await addListing(usage, listing(5, [{ id: '2', made: 0 }]), 'UTC')).toBe(usage);
});

test('the usage of old days is forgotten', async () => {
  const daily = Array.from({ length: 9 }, (_, day) => listing(24 * day, [{ id: '1', made: 0 }]));
  const usage = await usageAfter(...daily);
  expect(Object.keys(usage.days)).toEqual(['2026-11-06', '2026-11-07', '2026-11-08', '2026-11-09']);
});
