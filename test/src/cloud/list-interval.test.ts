import { expect, it } from 'vitest';
import { openProvider } from '#src/cloud/clouds.ts';

const machines = [0, 1_000, 10_000];

it.each([
  ['vultr', [300, 534, 5_334]],
  ['digitalocean', [5_760, 28_800, 288_000]],
  ['hetzner', [8_000, 160_000, 1_600_000]],
] as const)(
  'a worker spends an eighth of the rate limit of %s on listings of 0, 1000 and 10000 machines',
  (name, waits) => {
    const provider = openProvider(name, { apiKey: 'k' });
    expect(machines.map((count) => provider.listIntervalMs(count))).toEqual(waits);
  },
);

it.each([
  ['vultr', [300, 534, 5_334]],
  ['digitalocean', [1_920, 9_600, 96_000]],
  ['hetzner', [2_000, 40_000, 400_000]],
] as const)('a worker in a hurry spends an eighth of the rate that %s allows for a short time', (name, waits) => {
  const provider = openProvider(name, { apiKey: 'k' });
  expect(machines.map((count) => provider.hurriedListIntervalMs(count))).toEqual(waits);
});
