import { expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { createStore, type Store } from '#db/store.ts';
import { noon, order, plain } from './conformance/fixture.ts';

/** A store whose transactions do not run. Each call returns how long its transaction would wait for the lock, in ms. */
function waitsOf(call: (store: Store) => Promise<unknown>): number[] {
  const waits: number[] = [];
  const database = {
    transact: (_name: string, _steps: unknown, { busyTimeoutMs }: { busyTimeoutMs: number }) => {
      waits.push(busyTimeoutMs);
      return new Promise(() => undefined);
    },
  } as unknown as Database;
  void call(createStore(database));
  return waits;
}

const actor = { requestedBy: 'key:desk', requestId: null, now: noon } as const;
const event = { type: 'board.signed_in', actor: 'key:desk', requestId: null, at: noon, detail: {} } as const;
const schedule = { serverId: 'a', cadence: 'nightly' } as unknown as Parameters<Store['putSchedule']>[0];
const removal = {} as Parameters<Store['orderRemoval']>[0];

test.for<[string, (store: Store) => Promise<unknown>]>([
  ['a purchase', (store) => store.recordPurchase(order(), plain)],
  ['a rebuild', (store) => store.recordRebuild({ serverId: 'a', location: null }, actor, plain)],
  ['an event of Stripe', (store) => store.recordNotices([], noon)],
  ['a sync of a subscription', (store) => store.requestLook('sub_1', actor)],
  ['a release of a held payment', (store) => store.releaseHold({ id: 'sub_1', plan: 'p', location: 'l' }, actor)],
  ['a checkout', (store) => store.recordAnswer({ idempotency: null, answer: () => null }, event)],
  ['a sign-in, or a page of the portal', (store) => store.recordEvent(event)],
  ['the switch of the sale', (store) => store.changeSale({ open: false }, actor)],
  ['the switch of a queue', (store) => store.changeQueue({} as never, actor)],
  ['the order to make machines again', (store) => store.resumeOrdering({ stopped: [] } as never, actor)],
  ['a schedule', (store) => store.putSchedule(schedule, actor)],
  ['the end of a schedule', (store) => store.deleteSchedule('a', actor)],
  ['the end of the pause of schedules', (store) => store.resumeSchedules(actor)],
  ['the name of a device', (store) => store.labelDevice({} as never, actor)],
  ['the removal of a machine', (store) => store.orderRemoval(removal)],
])('%s waits for a busy database as long as every other call of the API', ([, call]) => {
  expect(waitsOf(call)).toEqual([20_000]);
});

test('what was done at the cloud or at Stripe is recorded after a longer wait', () => {
  expect(waitsOf((store) => store.settle({} as never))).toEqual([30_000]);
  expect(waitsOf((store) => store.applySubscription({} as never))).toEqual([30_000]);
});
