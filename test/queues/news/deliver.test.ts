import { expect, test, vi } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { deliver } from '#queues/news/perform.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { actor, buy } from '../../db/conformance/fixture.ts';
import { verified } from '../../webhook-receiver.ts';
import { testRun } from '../workplace.ts';
import { type NewsScene, newsScene } from './scene.ts';

const hourS = 3_600;
const purchases = ['server.purchased'] as const;

/** Buys servers now. Returns the ids of the deliveries, oldest first. */
async function bought({ store, clock, hookId }: NewsScene, count = 1): Promise<string[]> {
  for (let n = 0; n < count; n += 1) await buy(store, { now: new Date(clock.now.getTime() - count + n) });
  const found = await store.readDeliveries({ endpointId: hookId, limit: 200 });
  return found.map(({ id }) => id).reverse();
}

test('every attempt has the same bytes and the same id, a new timestamp, and verifies', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  scene.receiver.answer = () => ({ status: 500 });
  expect(await scene.run(id)).toMatchObject({ kind: 'delayed', reason: 'Attempt 1 failed. Answered 500.' });
  const delivery = (await scene.store.readDelivery(id))?.delivery;
  expect(await scene.store.readNewsBacklog()).toEqual({ waiting: 1, oldestAt: delivery?.createdAt });
  scene.pass(7);
  scene.receiver.answer = () => ({ status: 204 });
  expect(await scene.run(id)).toEqual({ kind: 'completed', result: 'Delivered: answered 204.' });
  expect(scene.attempts).toEqual(['retried', 'delivered']);
  expect(await scene.store.readNewsBacklog()).toEqual({ waiting: 0, oldestAt: null });
  const [first, second] = scene.receiver.received;
  if (!first || !second) throw new Error('Two attempts were expected.');
  expect(second.body).toBe(first.body);
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  expect(first.headers['webhook-id']).toMatch(/^msg_evt-[0-9a-z]{18}$/);
  expect(Number(second.headers['webhook-timestamp']) - Number(first.headers['webhook-timestamp'])).toBe(7);
  for (const one of [first, second]) expect(verified(scene.secret, one)).toMatchObject({ type: 'server.purchased' });
});

test('the body of every attempt is that of the event, whatever has happened to the server since', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  scene.receiver.answer = () => ({ status: 500 });
  await scene.run(id);
  const { data } = verified(scene.secret, scene.receiver.received[0] ?? fail());
  const [job] = await scene.store.readJobs({ serverId: data.serverId ?? '', limit: 1 });
  const failed = { end: 'failed', error: 'Sold out.', leftover: 'gone' } as const;
  await scene.store.settle({
    jobId: job?.id ?? '',
    outcome: failed,
    attempts: 1,
    graceSeconds: 1,
    now: scene.clock.now,
  });
  scene.pass(7);
  await scene.run(id);
  expect(scene.receiver.received.map(({ body }) => JSON.parse(body).data.status)).toEqual(['installing', 'installing']);
});

test('a delivery fails for good after ten attempts', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  scene.receiver.answer = () => ({ status: 500 });
  const kinds: string[] = [];
  for (let attempt = 0; attempt < 11; attempt += 1) {
    kinds.push((await scene.run(id)).kind);
    scene.pass(30 * hourS);
    // Other deliveries are not needed to find out whether it is back.
    await scene.store.changeEndpoint(
      scene.hookId,
      { url: `${scene.receiver.url}?${attempt}` },
      {
        requestedBy: 'key:desk',
        requestId: null,
        now: scene.clock.now,
      },
    );
  }
  expect(kinds).toEqual([...Array(9).fill('delayed'), 'failed', 'failed']);
  expect(scene.receiver.received).toHaveLength(10);
  expect(await scene.states()).toEqual(['failed']);
});

test('a receiver that was away for two hours gets everything, once each, and was not stormed meanwhile', async () => {
  const scene = await newsScene(purchases);
  const backAt = new Date(scene.clock.now.getTime() + 2 * hourS * 1_000);
  scene.receiver.answer = () => ({ status: scene.clock.now < backAt ? 503 : 204 });
  const ids = await bought(scene, 40);
  for (let second = 0; second < 4 * hourS; second += 20) {
    await scene.runDue();
    scene.pass(20);
  }
  expect(await scene.states()).toEqual(ids.map(() => 'delivered'));
  expect(scene.receiver.accepted()).toHaveLength(40);
  expect(scene.receiver.received.length, 'calls while it was away').toBeLessThan(40 + 12);
});

test('only 2xx is a success, and 410 switches the endpoint off', async () => {
  const scene = await newsScene(purchases);
  for (const status of [304, 302, 404, 500]) {
    scene.pass(1);
    const [id = ''] = (await bought(scene)).slice(-1);
    scene.receiver.answer = () => ({ status });
    expect((await scene.run(id)).kind, String(status)).toBe('delayed');
  }
  scene.pass(1);
  const [id = ''] = (await bought(scene)).slice(-1);
  await scene.store.changeEndpoint(
    scene.hookId,
    { url: `${scene.receiver.url}?` },
    {
      requestedBy: 'key:desk',
      requestId: null,
      now: scene.clock.now,
    },
  );
  const warn = vi.fn();
  scene.receiver.answer = () => ({ status: 410 });
  const end = await deliver(testRun(id), { ...scene.deps, log: { ...scene.deps.log, warn } });
  expect(end).toEqual({ kind: 'failed', error: 'Attempt 1 failed. Answered 410: it wants no more.' });
  expect(warn).toHaveBeenCalledWith(
    expect.objectContaining({ event: 'webhook-off', reason: 'gone' }),
    expect.anything(),
  );
  expect(await scene.run((await bought(scene))[0] ?? '')).toMatchObject({ result: 'No effect: the webhook is off.' });
});

test('an answer 429 with Retry-After is heeded', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  scene.receiver.answer = () => ({ status: 429, headers: { 'retry-after': '90' } });
  const until = new Date(scene.clock.now.getTime() + 90_000);
  expect(await scene.run(id)).toMatchObject({ kind: 'delayed', until });
});

test('a run without a row, and of a closed or an early delivery, sends nothing', async () => {
  const scene = await newsScene(purchases);
  const [id = '', other = ''] = await bought(scene, 2);
  expect(await scene.run('dlv-none')).toEqual({ kind: 'completed', result: 'No effect: there is no such delivery.' });
  await scene.run(id);
  expect(await scene.run(id)).toEqual({ kind: 'completed', result: 'No effect: it is delivered.' });
  scene.receiver.answer = () => ({ status: 500 });
  await scene.run(other);
  expect(await scene.run(other)).toMatchObject({ kind: 'delayed', reason: 'It is not due.' });
  expect(scene.receiver.received).toHaveLength(2);
});

test('at an endpoint that failed five times only its probe sends', async () => {
  const scene = await newsScene(purchases);
  const ids = await bought(scene, 6);
  scene.receiver.answer = () => ({ status: 500 });
  for (const id of ids.slice(0, 5)) await scene.run(id);
  const last = ids[5] ?? '';
  expect(await scene.run(last)).toMatchObject({ result: expect.stringContaining('one delivery at a time') });
  expect(scene.receiver.received).toHaveLength(5);
  scene.pass(7);
  expect(await scene.run(last)).toMatchObject({ kind: 'delayed' });
  expect(scene.receiver.received).toHaveLength(6);
});

test('without a free slot nothing is sent, and the slot is given back whatever happens', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  const none = { ...scene.deps, slots: { take: async () => null } };
  expect(await deliver(testRun(id), none)).toMatchObject({ kind: 'delayed' });
  expect(scene.receiver.received).toEqual([]);
  const release = vi.fn(async () => undefined);
  const broken = {
    ...scene.deps,
    slots: { take: async () => release },
    webhooks: { send: () => Promise.reject(new Error('The secrets are damaged.')) },
  };
  expect(await deliver(testRun(id), broken)).toEqual({ kind: 'retry', error: 'The secrets are damaged.' });
  expect(release).toHaveBeenCalledOnce();
  expect(await scene.states()).toEqual(['waiting']);
});

test('a delivery counts as sent although Redis does not take back its slot', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  for (const release of [() => Promise.reject(new Error('Redis is gone.')), () => new Promise<void>(() => undefined)]) {
    await scene.store.retryDelivery(id, actor(scene.clock.now));
    const deps = { ...scene.deps, slots: { take: async () => release } };
    expect(await deliver(testRun(id), deps)).toMatchObject({ kind: 'completed' });
    expect(await scene.states()).toEqual(['delivered']);
  }
});

test('nothing is sent while a transaction is open, and each run commits one', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  const settle = vi.spyOn(scene.deps.store, 'settleDelivery');
  const send = async (news: Parameters<typeof scene.deps.webhooks.send>[0]) => {
    assertNoTransaction('call to a webhook');
    expect(settle).not.toHaveBeenCalled();
    return scene.deps.webhooks.send(news);
  };
  await deliver(testRun(id), { ...scene.deps, webhooks: { send } });
  expect(settle).toHaveBeenCalledOnce();
});

test('a busy database delays the run; a run that is aborted sends nothing', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  const busy = () => Promise.reject(new DatabaseBusyError('settle delivery', null));
  expect(
    await deliver(testRun(id), { ...scene.deps, store: { ...scene.deps.store, settleDelivery: busy } }),
  ).toMatchObject({
    kind: 'delayed',
  });
  for (const [reason, kind] of [
    ['shutdown', 'handed-back'],
    ['lock-lost', 'lock-lost'],
  ] as const) {
    const run = testRun(id);
    run.abort.abort(new RunAborted(reason));
    expect(await deliver(run, scene.deps)).toEqual({ kind });
  }
  expect(scene.receiver.received).toHaveLength(1);
});

test('two runs of one attempt send the same bytes twice, and one of them settles', async () => {
  const scene = await newsScene(purchases);
  const [id = ''] = await bought(scene);
  const ends = await Promise.all([scene.run(id), scene.run(id)]);
  expect(ends.map((end) => end.kind === 'completed' && end.result).sort()).toEqual([
    'Delivered: answered 204.',
    'No effect: another run has settled this attempt.',
  ]);
  expect(new Set(scene.receiver.received.map(({ body, headers }) => body + headers['webhook-id'])).size).toBe(1);
});

function fail(): never {
  throw new Error('Nothing was received.');
}
