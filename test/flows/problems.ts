import { expect } from 'vitest';
import type { Outcome } from '#db/model.ts';
import type { Store } from '#db/store.ts';
import type { Server } from '#db/tables.ts';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { createProviderGate, type ProviderGate } from '#queues/gates/provider-gate.ts';
import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';
import { buy, missing, settle } from '../db/conformance/fixture.ts';
import { type FakeProvider, fakeProvider } from '../fakes/provider.ts';

const { signal } = new AbortController();

/** The subject of the problem's alert, and the function that ends the problem. */
export interface Problem {
  readonly id: string;
  end(): Promise<unknown>;
}

export interface Cloud {
  readonly store: Store;
  readonly provider: FakeProvider;
}

export function ago(minutes: number): Date {
  return new Date(Date.now() - minutes * 60_000);
}

/** A server that has been running for an hour. */
export async function runningServer(cloud: Cloud): Promise<Server> {
  const { server, job } = await buy(cloud.store, { now: ago(60) });
  await settle(cloud.store, job.id, madeFor(cloud, server, 1), { now: ago(59) });
  return server;
}

/** Makes a machine at the provider and returns the outcome of its job. */
export function madeFor({ provider }: Cloud, { id }: Server, generation: number): Outcome {
  const machine = provider.put({ name: `gf-${id}-${generation}`, owner: { installation: 'test', serverId: id } });
  const ipv4 = machine.ipv4 ?? missing('address');
  return { end: 'made', machine: { providerId: machine.id, account: provider.habits.account, ipv4, ipv6: null } };
}

/** The provider refuses an order. The end of the problem is a success more than an hour later. */
export async function refusedOrder(store: Store, fault: ProviderFault, subject: string): Promise<Problem> {
  const clock = { ms: Date.now() };
  const now = () => new Date(clock.ms);
  const cloud = fakeProvider();
  const gate = createProviderGate(cloud, now, () => clock.ms);
  cloud.fail('create', new ProviderError(fault, 'No.', { retryAfterMs: 3_600_000 }));
  await expect(order(gate)).rejects.toThrow('No.');
  const raise = () => raiseRefusalAlerts({ store, gate, whose: cloud.name, kind: 'provider-refuses', now });
  await raise();
  const end = async () => {
    clock.ms += 3_700_000;
    await order(gate);
    await raise();
  };
  return { id: subject, end };
}

function order({ provider }: ProviderGate) {
  const owner = { installation: 'test', serverId: 'srv-1' };
  return provider.create({ name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null }, signal);
}
