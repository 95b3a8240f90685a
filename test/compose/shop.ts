import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { openStorefront } from '#src/start/storefront.ts';
import type { Installation } from './installation.ts';

/** A storefront of the installation, with checks of its servers and machines. */
export interface Shop {
  /** Buys this many servers at once and returns their ids. */
  buy(count: number): Promise<string[]>;
  /** Resolves once all bought servers run. */
  allRunning(): Promise<void>;
  /** Checks that each server has exactly one machine, and that the cloud never had any other. Returns their number. */
  expectOneMachineEach(): Promise<number>;
}

const machines = z.object({
  machines: z.array(z.object({ label: z.string(), removedAt: z.string().nullable() })),
});
const runningWithinMs = 120_000;
const largestPage = 200;
const askMachines = "fetch('http://127.0.0.1:3900/_sim/machines').then((answer) => answer.text()).then(console.log)";

export function openShop({ url, compose }: Installation, secret: string, signal: AbortSignal): Shop {
  const storefront = openStorefront(url, secret);
  const bought: string[] = [];
  const statuses = async () => {
    const servers = await storefront.servers(largestPage);
    assert.deepEqual(servers.map(({ id }) => id).sort(), [...bought].sort(), 'The servers are not the bought ones.');
    return servers.map(({ id, status }) => ({ id, status }));
  };
  return {
    buy: async (count) => {
      const orders = Array.from({ length: count }, (_, at) => ({
        customer: `proof-${bought.length + at}`,
        location: 'fra',
      }));
      const accepted = await Promise.all(orders.map((order) => storefront.buy(order)));
      const ids = accepted.map(({ server }) => server.id);
      bought.push(...ids);
      return ids;
    },
    allRunning: async () => {
      const giveUpAt = performance.now() + runningWithinMs;
      for (;;) {
        const others = (await statuses()).filter(({ status }) => status !== 'running');
        if (others.length === 0) return;
        assert.ok(performance.now() < giveUpAt, `Not running after 2 minutes: ${JSON.stringify(others)}`);
        await delay(500, undefined, { signal });
      }
    },
    expectOneMachineEach: async () => {
      const answer = await compose('exec', '-T', 'simulator', 'node', '-e', askMachines);
      const all = machines.parse(JSON.parse(answer)).machines;
      assert.deepEqual(all.map(({ label }) => label).sort(), bought.map((id) => `gf-${id}-1`).sort());
      assert.ok(
        all.every(({ removedAt }) => removedAt === null),
        'A machine was removed.',
      );
      return all.length;
    },
  };
}
