import { afterEach, expect, test, vi } from 'vitest';
import { callOff } from '#queues/jobs/call-off.ts';
import { fakeProvider } from '../../fakes/provider.ts';
import { jobRow, machineRow, ordersOf, owner, scene } from './scene.ts';

afterEach(() => void vi.useRealTimers());

const machine = machineRow({ generation: 2 });
const about = { job: jobRow({ kind: 'rebuild', machineId: machine.id }), machine, machines: [machine] };
const calledOff = { end: 'cancelled', leftover: 'gone' };

/** A rebuild whose order was accepted just now; lists hide the machine for so many looks. */
async function ordered(hiddenLooks: number, undecidedMs: number) {
  const provider = fakeProvider('simulator', { hiddenLooks });
  const { signal } = new AbortController();
  await provider.create({ name: machine.name, owner, location: 'ewr', plan: 'small', userData: null }, signal);
  const orders = ordersOf([], { undecidedMs: () => undecidedMs });
  return scene(provider, { ...about, orders, surelyFirst: false });
}

test('a machine that lists hide for as long as an order is undecided is found and removed', async () => {
  const context = await ordered(8, 120_000);
  expect(await callOff(context)).toMatchObject(calledOff);
  expect(context.provider.machines()).toEqual([]);
});

test('without an order, two looks as far apart as a list may lag are enough', async () => {
  const context = scene(fakeProvider(), { ...about, surelyFirst: false });
  expect(await callOff(context)).toMatchObject(calledOff);
  expect([context.provider.count('find'), context.waited()]).toEqual([2, context.provider.listLagMs]);
});

test('a run that is surely the first looks once', async () => {
  const context = scene(fakeProvider(), about);
  expect(await callOff(context)).toMatchObject(calledOff);
  expect([context.provider.count('find'), context.waited()]).toEqual([1, 0]);
});
