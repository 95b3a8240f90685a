import { expect, test } from 'vitest';
import { ask } from '#db/steps.ts';
import { createReconcile } from '#queues/payments/reconcile.ts';
import { renew } from '#src/simulator/stripe/life.ts';
import { day, hour } from './facts.ts';
import { type PaymentsScene, paymentsScene, signal } from './scene.ts';

const minute = 60_000;
const eventCalls = ({ stripe }: PaymentsScene) => stripe.calls.filter((path) => path === '/v1/events').length;
const listCalls = ({ stripe }: PaymentsScene) => stripe.calls.filter((path) => path === '/v1/subscriptions').length;

function noticesOf({ database }: PaymentsScene) {
  return database.read('notices', function* ({ db, t }) {
    return yield* ask(db.select().from(t.notices).orderBy(t.notices.id));
  });
}

async function machineCount({ database }: PaymentsScene): Promise<number> {
  const machines = await database.read('machines', function* ({ db, t }) {
    return yield* ask(db.select().from(t.machines));
  });
  return machines.length;
}

/** Another worker, with the calls that it makes. */
function anotherOver(scene: PaymentsScene, holder = 'other') {
  const asked: Date[] = [];
  const { store, gate, deps } = scene;
  const reconcile = createReconcile({
    store,
    payments: {
      eventsSince: (since, stop) => {
        asked.push(since);
        return gate.payments.eventsSince(since, stop);
      },
      subscriptions: gate.payments.subscriptions,
    },
    gate,
    ingest: async (notices) => (await store.recordNotices(notices, deps.now())).length,
    livemode: false,
    pollSeconds: 300,
    holder,
    now: deps.now,
  });
  return { reconcile, asked };
}

test('Without a webhook, polling sells, suspends and resumes', async () => {
  const scene = await paymentsScene();
  const turn = async () => {
    scene.pass(6 * minute);
    await scene.reconcile.runOnce(signal);
    await scene.look();
    await scene.work();
  };
  await turn();
  const id = scene.buy();
  await turn();
  const server = await scene.server(id);
  expect(server?.status).toBe('running');
  const { refuseCard, collect, recover } = await import('#src/simulator/stripe/life.ts');
  refuseCard(scene.stripe.book, scene.at(id));
  renew(scene.stripe.book, scene.at(id));
  collect(scene.stripe.book, scene.at(id));
  await turn();
  scene.pass(8 * day);
  await turn();
  expect((await scene.server(id))?.status).toBe('suspended');
  recover(scene.stripe.book, scene.at(id));
  await turn();
  expect(await scene.server(id)).toMatchObject({ id: server?.id, status: 'running' });
  expect((await noticesOf(scene)).every(({ form }) => form === 'poll')).toBe(true);
});

test('What a webhook has brought, polling does not bring again', async () => {
  const scene = await paymentsScene();
  await scene.reconcile.runOnce(signal);
  scene.buy();
  const heard = await scene.hear();
  await scene.settle();
  const before = await noticesOf(scene);
  scene.pass(6 * minute);
  await scene.reconcile.runOnce(signal);
  const polled = await noticesOf(scene);
  expect(eventCalls(scene)).toBe(2);
  expect(heard.length).toBeGreaterThan(1);
  expect(polled).toEqual(before);
  expect(await scene.store.readServers({ limit: 10 })).toHaveLength(1);
  expect(await machineCount(scene)).toBe(1);
});

test('Events are asked for at the set interval, from ten minutes before the last time, at most 29 days back', async () => {
  const scene = await paymentsScene();
  const { reconcile, asked } = anotherOver(scene);
  const ago = () => Math.round((scene.stripe.clock.now() - (asked.at(-1)?.getTime() ?? 0)) / minute);
  await reconcile.runOnce(signal);
  expect([asked.length, ago()]).toEqual([1, 10]);
  scene.pass(4 * minute);
  await reconcile.runOnce(signal);
  expect(asked).toHaveLength(1);
  scene.pass(minute);
  await reconcile.runOnce(signal);
  expect([asked.length, ago()]).toEqual([2, 15]);
  scene.pass(40 * day);
  await reconcile.runOnce(signal);
  expect([asked.length, ago()]).toEqual([3, (29 * day) / minute]);
});

test('A poll that fails is made again from the same time', async () => {
  const scene = await paymentsScene();
  const { reconcile, asked } = anotherOver(scene);
  await reconcile.runOnce(signal);
  scene.pass(6 * minute);
  scene.stripe.mood = 'away';
  await expect(reconcile.runOnce(signal)).rejects.toThrow();
  scene.stripe.mood = 'well';
  scene.pass(minute);
  await reconcile.runOnce(signal);
  expect(asked).toHaveLength(3);
  expect(asked[2]).toEqual(asked[1]);
});

test('A time of the last poll that lies in the future does not stop the polling', async () => {
  const scene = await paymentsScene();
  const { reconcile, asked } = anotherOver(scene);
  const setting = { name: 'stripe-polled', isValue: (value: unknown) => typeof value === 'number' };
  await scene.store.putSetting(setting, scene.stripe.clock.now() + day, scene.deps.now());
  await reconcile.runOnce(signal);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.getTime()).toBeLessThan(scene.stripe.clock.now() - 9 * minute);
});

test('One worker at a time asks; another goes on when its lease ends', async () => {
  const scene = await paymentsScene();
  const { reconcile, asked } = anotherOver(scene);
  expect(await scene.reconcile.runOnce(signal)).toBe(true);
  expect(await reconcile.runOnce(signal)).toBe(false);
  scene.pass(6 * minute);
  expect(await reconcile.runOnce(signal)).toBe(true);
  expect(await scene.reconcile.runOnce(signal)).toBe(false);
  expect(eventCalls(scene)).toBe(2);
  expect(asked).toHaveLength(1);
});

test('While Stripe refuses the key, nothing is asked', async () => {
  const scene = await paymentsScene();
  scene.stripe.mood = 'refuses';
  await expect(scene.reconcile.runOnce(signal)).rejects.toThrow();
  const { length } = scene.stripe.calls;
  expect(await scene.reconcile.runOnce(signal)).toBe(false);
  expect(scene.stripe.calls).toHaveLength(length);
});

test('Every six hours all subscriptions are listed: one without events is found, and each known one is looked at', async () => {
  const scene = await paymentsScene();
  const known = scene.buy();
  await scene.settle();
  await scene.reconcile.runOnce(signal);
  const lost = scene.buy();
  // Longer than Stripe lists events.
  scene.pass(31 * day);
  await scene.reconcile.runOnce(signal);
  await scene.settle();
  expect((await scene.server(lost))?.status).toBe('running');
  const syncedAt = async () => (await scene.store.readSubscription(known))?.syncedAt.getTime() ?? 0;
  // The invoices of the new period are paid meanwhile.
  scene.pass(2 * hour);
  await scene.settle();
  const first = await syncedAt();
  const listed = listCalls(scene);
  scene.pass(hour);
  await scene.reconcile.runOnce(signal);
  await scene.look();
  expect(listCalls(scene)).toBe(listed);
  expect(await syncedAt()).toBe(first);
  scene.pass(6 * hour);
  await scene.reconcile.runOnce(signal);
  await scene.look();
  expect(listCalls(scene)).toBe(listed + 1);
  expect(await syncedAt()).toBeGreaterThan(first);
});

test('Notices are forgotten 35 days after they came, but never one that waits', async () => {
  const scene = await paymentsScene();
  scene.buy();
  await scene.settle();
  const [done] = await noticesOf(scene);
  await scene.store.recordNotices(
    [
      {
        id: 'evt_waits',
        form: 'thin',
        type: 'invoice.paid',
        objectId: 'in_1',
        livemode: false,
        createdAt: scene.deps.now(),
      },
    ],
    scene.deps.now(),
  );
  scene.pass(36 * day);
  await scene.reconcile.runOnce(signal);
  const left = (await noticesOf(scene)).map(({ id }) => id);
  expect(left).toContain('evt_waits');
  expect(left).not.toContain(done?.id);
});
