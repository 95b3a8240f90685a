import { expect, it } from 'vitest';
import { openProvider } from '#src/cloud/clouds.ts';

it.each([
  ['vultr', [5_000, 5_000, 5_334]],
  ['digitalocean', [5_760, 28_800, 288_000]],
  ['hetzner', [8_000, 160_000, 1_600_000]],
] as const)(
  'a worker spends an eighth of the rate limit of %s on listings of 0, 1000 and 10000 machines',
  (name, waits) => {
    const provider = openProvider(name, { apiKey: 'k' });
    expect([0, 1_000, 10_000].map((machines) => provider.listIntervalMs(machines))).toEqual(waits);
  },
);
