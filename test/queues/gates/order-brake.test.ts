import { expect, test } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import { orderingSetting } from '#db/settings.ts';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { createOrderBrake, type OrderBrake } from '#queues/gates/order-brake.ts';
import { OrderingStopped } from '#queues/ports/job-errors.ts';
import { made, settle } from '../../db/conformance/fixture.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();

/** The brake of one more process. */
const openBrake = () => createOrderBrake({ store: place.store, provider: 'simulator', now: place.deps.now });
const isStopped = (brake: OrderBrake, jobId: string) => {
  try {
    brake.assertAllowed(jobId);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(OrderingStopped);
    return true;
  }
};
let count = 0;
const fall = (brake: OrderBrake, jobId: string, machines: number) => {
  for (let left = machines; left > 0; left--) brake.silent(jobId, `vps-${++count}`);
};
const raise = (gate: OrderBrake) =>
  raiseRefusalAlerts({ store: place.store, gate, whose: 'simulator', kind: 'ordering-stopped', now: place.deps.now });
const alerts = async () => (await place.store.readAlerts('ordering-stopped')).map(({ subject }) => subject);
const resume = () => place.store.putSetting(orderingSetting, { resumedBy: 'boss' }, place.clock.now);

test('a job whose three machines never answered orders no fourth, and other jobs may order', async () => {
  const [{ job }, other] = [await place.bought(), await place.bought()];
  const brake = openBrake();
  fall(brake, job.id, 2);
  expect(isStopped(brake, job.id)).toBe(false);
  fall(brake, job.id, 1);
  expect([isStopped(brake, job.id), isStopped(brake, other.job.id)]).toEqual([true, false]);
});

test('the count is kept in the database, for other processes and after a restart', async () => {
  const { job } = await place.bought();
  const brake = openBrake();
  fall(brake, job.id, 2);
  await brake.runOnce();
  const other = openBrake();
  await other.runOnce();
  fall(other, job.id, 1);
  expect(isStopped(other, job.id)).toBe(true);
  await other.runOnce();
  await brake.runOnce();
  expect([isStopped(brake, job.id), isStopped(other, job.id)]).toEqual([true, true]);
});

test('a machine counts while the database does not take it, and once afterwards', async () => {
  const { job } = await place.bought();
  let isBusy = true;
  const recordSilent: typeof place.store.recordSilent = (...args) =>
    isBusy ? Promise.reject(new DatabaseBusyError('record silent machines', null)) : place.store.recordSilent(...args);
  const brake = createOrderBrake({
    store: { ...place.store, recordSilent },
    provider: 'simulator',
    now: place.deps.now,
  });
  fall(brake, job.id, 2);
  await expect(brake.runOnce()).rejects.toThrow(DatabaseBusyError);
  isBusy = false;
  await brake.runOnce();
  await brake.runOnce();
  expect(isStopped(brake, job.id)).toBe(false);
  fall(brake, job.id, 1);
  expect(isStopped(brake, job.id)).toBe(true);
});

test('no job orders where six of the last ten machines never answered', async () => {
  const [first, second, third] = [await place.bought(), await place.bought(), await place.bought()];
  const brake = openBrake();
  fall(brake, first.job.id, 3);
  fall(brake, second.job.id, 2);
  await brake.runOnce();
  expect(isStopped(brake, third.job.id)).toBe(false);
  fall(brake, second.job.id, 1);
  await brake.runOnce();
  expect(isStopped(brake, third.job.id)).toBe(true);
});

test('machines that answer since then push the silent ones out of the last ten', async () => {
  const [first, second] = [await place.bought(), await place.bought()];
  const brake = openBrake();
  fall(brake, first.job.id, 3);
  fall(brake, second.job.id, 3);
  for (let left = 5; left > 0; left--) {
    const { job } = await place.bought();
    place.later(1);
    await settle(place.store, job.id, made, { now: place.clock.now });
  }
  await brake.runOnce();
  expect(isStopped(brake, (await place.bought()).job.id)).toBe(false);
});

test('an operator resumes orders, and then the next three machines count', async () => {
  const { job } = await place.bought();
  const brake = openBrake();
  fall(brake, job.id, 6);
  await brake.runOnce();
  place.later(60);
  await resume();
  await brake.runOnce();
  expect(isStopped(brake, job.id)).toBe(false);
  place.later(60);
  fall(brake, job.id, 3);
  expect(isStopped(brake, job.id)).toBe(true);
});

test('alerts name the provider and each job, in every process, until an operator resumes orders', async () => {
  const [{ job }, unstopped] = [await place.bought(), await place.bought()];
  const brake = openBrake();
  const other = openBrake();
  fall(brake, job.id, 6);
  fall(brake, unstopped.job.id, 1);
  for (const one of [brake, other, brake]) {
    await one.runOnce();
    await raise(one);
  }
  expect(await alerts()).toEqual(expect.arrayContaining(['simulator', job.id]));
  expect(await alerts()).toHaveLength(2);
  const details = (await place.store.readAlerts('ordering-stopped')).map(({ detail }) => detail);
  expect(details).toEqual(expect.arrayContaining([null, { jobId: job.id, serverId: job.serverId }]));
  place.later(3_600);
  await raise(other);
  expect(await alerts()).toHaveLength(2);
  await resume();
  await other.runOnce();
  place.later(11);
  await raise(other);
  expect(await alerts()).toEqual([]);
});
