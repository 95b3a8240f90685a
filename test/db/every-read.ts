import { newId } from '#db/ids.ts';
import { jobKinds, jobStates, serverStatuses } from '#db/model.ts';
import { newsTypes } from '#db/news.ts';
import type { Handle } from '#db/reads/handles.ts';
import { saleSetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import type { Job, Server } from '#db/tables.ts';
import { apply, held, notice, over } from './conformance/applications.ts';
import {
  abandoned,
  actor,
  at,
  buy,
  cancel,
  destroy,
  failed,
  made,
  missing,
  order,
  parked,
  plain,
  rebuild,
  removalOrder,
  removed,
  resume,
  retry,
  running,
  settle,
  suspend,
} from './conformance/fixture.ts';

/** Calls every method of the Store that a process calls again and again. */
export async function liveThroughEverything(store: Store): Promise<void> {
  await lives(store);
  await runs(store);
  await pages(store);
  await background(store);
  await schedules(store);
  await links(store);
  await payments(store);
  await keys(store);
  await news(store);
}

/** What a worker does for webhooks. */
async function news(store: Store): Promise<void> {
  const id = newId('hook', at(0));
  await store.addEndpoint({ id, url: 'https://shop.test/', types: [...newsTypes], secretSealed: 'x' }, actor());
  await buy(store);
  const [due] = await store.readDueDeliveries(at(60));
  await store.readOpenDeliveries([due?.id ?? '']);
  await store.readDelivery(due?.id ?? '');
  await store.readNewsBacklog();
  const end = { id: due?.id ?? '', url: 'https://shop.test/', attempts: 0, now: at(61), probeAt: () => at(99) };
  await store.settleDelivery({ ...end, end: 'failed', status: 500, error: 'Answered 500.', nextAt: at(70) });
  await store.settleDelivery({ ...end, end: 'delivered', status: 204, error: null, nextAt: null });
  await store.readDeliveries({ endpointId: id, limit: 10 });
  await store.replay({ id, since: at(0) }, actor());
  await store.prune('deliveries', { before: at(-1), after: '' });
  await store.changeEndpoint(id, { state: 'off' }, actor());
  await store.deleteEndpoint(id, actor());
}

/** Purchases, commands, settles. */
async function lives(store: Store): Promise<void> {
  const idempotency = { token: 'shop', key: 'key-1', bodyHash: 'x' };
  await store.recordPurchase(order({ maxServers: 1_000_000 }), { ...plain, idempotency });
  await store.recordPurchase(order(), { ...plain, idempotency });
  const server = await running(store);
  const moved = await rebuild(store, server.id);
  await cancel(store, (await rebuild(store, server.id)).job.id);
  const settled = await settle(store, moved.job.id, made);
  const retire = settled.end === 'settled' ? settled.released[0] : undefined;
  await settle(store, retire?.id ?? '', removed);
  await settle(store, (await suspend(store, server.id)).job.id, removed);
  await resume(store, server.id);
  await suspend(store, server.id);
  const resumed = await resume(store, server.id);
  await settle(store, (await resume(store, server.id)).job.id, failed);
  await settle(store, (await retry(store, resumed.job.id)).job.id, made);
  await settle(store, (await destroy(store, server.id)).job.id, removed);
  for (const outcome of [failed, abandoned, parked]) {
    const { job } = await buy(store);
    await settle(store, job.id, outcome);
    await retry(store, job.id);
  }
  const { server: doomed, job } = await buy(store);
  await rebuild(store, doomed.id);
  await destroy(store, doomed.id);
  await settle(store, job.id, { end: 'cancelled', error: 'A destroy waits.' });
  await store.recordDestroy(doomed.id, actor(), plain);
}

/** What a run reads. */
async function runs(store: Store): Promise<void> {
  const { job, server } = await buy(store);
  await store.readWork(job.id);
  await store.readCheckpoint(job.id);
  await store.readJob(job.id);
  await store.readJobInFront(job);
  await store.readJobSubjects([job.id]);
  await store.readServer(server.id);
}

/** The pages of the API. */
async function pages(store: Store): Promise<void> {
  const { server, job } = await buy(store, { reference: 'ref-1' });
  const choices = [undefined, 'job-z'].flatMap((after) => [
    { after },
    { after, serverId: server.id },
    ...jobStates.map((state) => ({ after, state })),
    ...jobKinds.flatMap((kind) => [
      { after, kind },
      { after, kind, state: job.state },
    ]),
  ]);
  for (const choice of choices) await store.readJobs({ ...choice, limit: 50 });
  await store.readJobs({ state: 'released', except: [job.id], limit: 50 });
  await store.readRetriable({ limit: 50 });
  await store.readRetriable({ kind: 'rebuild', after: 'job-z', limit: 50 });
  await store.readRetriable({ serverId: 'srv-1', owner: 'ada', limit: 50 });
  await store.readServers({ limit: 50 });
  await store.readServers({ customer: 'Ada', after: 'srv-z', limit: 50 });
  await store.readServers({ customer: 'Ada', status: 'running', limit: 50 });
  await store.readServers({ reference: 'ref-1', limit: 50 });
  await store.readServers({ plan: 'small', after: 'srv-z', limit: 50 });
  await store.readServers({ plan: 'small', status: 'running', limit: 50 });
  await ownedPages(store, server, job);
  for (const status of serverStatuses) await store.readServers({ status, limit: 50 });
  await store.readHistory(server.id, 0, 50);
  for (const filter of [{}, { since: at(0) }, { before: 9 }, { actor: 'worker', type: 'server.ready' }] as const)
    for (const of of [{}, { serverId: server.id }]) await store.readEvents({ ...filter, ...of, limit: 50 });
  await why(store, server.id, job.id);
  await store.readEventWithCauses(job.cause ?? missing('cause'));
  for (const address of ['192.0.2.1', '2001:db8::1'])
    for (const page of [{}, { at: at(0), after: 'mac-z' }]) await store.readMachinesAt({ address, ...page, limit: 50 });
  await store.readServerWithKeys(server.id);
  await store.readFigures();
}

/** What a key of one customer reads. */
async function ownedPages(store: Store, server: Server, job: Job): Promise<void> {
  const owner = 'Ada';
  await store.readServers({ owner, limit: 50 });
  for (const serverId of [undefined, server.id]) await store.readJobs({ owner, serverId, limit: 50 });
  await store.readJobs({ owner, kind: 'create', after: 'job-z', limit: 50 });
  await store.readSubscriptions({ owner, limit: 50 });
  await store.readMachinesAt({ owner, address: '192.0.2.1', limit: 50 });
  await store.readMachinesAt({ serverId: 'srv-1', after: 'mac-z', limit: 50 });
  await store.readSimilarCustomers('ada@');
  await store.readTrends('minute', at(0));
  await store.addTrends({ before: at(1), now: at(1) });
  await store.countLocations();
  for (const serverId of [undefined, server.id]) await store.readEvents({ owner, serverId, limit: 50 });
  await store.readEventWithCauses(job.cause ?? missing('cause'), owner);
  await store.readWhy({ kind: 'server', value: server.id }, owner);
  for (const [kind, id] of [
    ['server', server.id],
    ['job', job.id],
    ['subscription', 'sub_1'],
  ] as const)
    await store.isOwn({ kind, id }, owner);
}

/** From each handle, to what is there and to what is gone. */
async function why(store: Store, serverId: string, jobId: string): Promise<void> {
  const answer = { service: 'vpn', operation: 'answer', outcome: 'ok', ms: 1, message: null } as const;
  const calls = ['192.0.2.1', '198.51.100.1'].map((target, n) => ({ n, at: at(0), target, ...answer }));
  await settle(store, jobId, made, { calls });
  const values = {
    server: [serverId],
    machine: ['vps-1', `gf-${serverId}-1`, 'gf-srv-z-1', newId('mac', at(0))],
    hostname: [`${serverId}.vpn.test`],
    address: ['192.0.2.1', '198.51.100.1', '2001:db8::1'],
    job: [jobId, newId('job', at(0))],
    subscription: ['sub_1'],
  } as const;
  for (const kind of Object.keys(values) as Handle['kind'][])
    for (const value of values[kind]) await store.readWhy({ kind, value });
}

/** Sweep, alerts, inventory, upkeep. */
async function background(store: Store): Promise<void> {
  const { job } = await buy(store);
  await store.takeLease('sweep', 'me', { now: at(0), forMs: 1_000 });
  await store.readDuePage({ now: at(0), releasedBefore: at(0), after: '', limit: 100 });
  await store.readReleased([job.id, 'job-z']);
  await store.countReleased();
  await store.readTroubles({ unservedSince: at(100), slowSince: at(100) });
  await store.readAlerts('provider');
  await store.readMachines('simulator');
  await store.countForeignMachines('simulator');
  await store.readEmptied(at(-1));
  await store.readMachine('gf-srv-1-1');
  await store.orderRemoval(removalOrder());
  await store.readOrderedRemoval('vps-1');
  const why = { because: 'an order', serverId: null, now: at(1) };
  await store.recordRemoval({ providerId: 'vps-1', name: 'gf-lost-1', ipv4: null, ipv6: null, ...why });
  await store.changeSale({ open: true }, actor());
  await store.recordEvent({ type: 'board.signed_in', actor: 'key:desk', at: at(0), detail: {} });
  await store.markMachineGone(job.machineId ?? missing('machine'), at(1));
  await store.claimInstallation('test', at(0));
  const silent = { provider: 'simulator', providerId: 'vps-9', jobId: job.id, silentAt: at(0) };
  await store.recordSilent([silent], at(-1));
  await store.readSilence('simulator', 10);
  await store.readSealed('', 100);
  await store.readSetting(saleSetting);
  await store.readSwitches();
  await store.readConcerned([job.serverId]);
  await store.foldCustomers(at(1));
  const word = { saidAt: at(0), state: 'takes jobs', active: 1, slots: 50 } as const;
  await store.recordWorker({ id: 'wrk-1', name: 'host-1', version: '1.0.0', startedAt: at(0), ...word });
  await store.readWorkers(100);
  for (const what of ['answers', 'jobs', 'machines', 'servers', 'workers'] as const)
    await store.prune(what, { before: new Date(Date.now() + 1_000), after: '' });
}

/** Scheduled rebuilds. */
async function schedules(store: Store): Promise<void> {
  const server = await running(store);
  const times = { every: 'day', weekday: null, day: null, at: '02:30', zone: 'UTC' } as const;
  const wanted = { ...times, serverId: server.id, locations: [], paused: false, nextAt: at(0) };
  await store.putSchedule(wanted, actor());
  await store.readSchedule(server.id);
  await store.readSchedules({ after: 'srv-1', limit: 10 });
  await store.readDueSchedules(at(1), 100);
  for (const seconds of [1, 2])
    await store.fireSchedule({ serverId: server.id, now: at(seconds), nextAt: () => at(2) });
  await store.resumeSchedules(actor());
  await store.deleteSchedule(server.id, actor());
}

/** Links to the customer's page. */
async function links(store: Store): Promise<void> {
  const { id: serverId } = await running(store);
  const wanted = { serverId, digest: 'abc', may: ['view'], expiresAt: at(60) } as const;
  const { recorded: link } = await store.makeLink({ wanted, actor: actor(), idempotency: null, answer: () => null });
  await store.readLink('abc', at(1));
  await store.readLinks(serverId, at(1));
  await store.revokeLink({ serverId, id: link?.id ?? missing('link') }, actor());
}

/** The keys of callers. */
async function keys(store: Store): Promise<void> {
  const scopes = ['keys:write'] as const;
  const wanted = { name: 'shop', scopes, customer: null, expiresAt: null, digest: 'one', last4: 'abcd' };
  const { id } = await store.recordKey(wanted, actor());
  await store.recordKey({ ...wanted, name: 'other', digest: 'two' }, actor());
  await store.findKey('one');
  await store.touchKey(id, at(1));
  await store.readKey(id);
  for (const after of [undefined, 'key-z']) await store.readKeys({ after, limit: 50 });
  await store.rotateKey({ id, digest: 'three', last4: 'wxyz', oldUntil: at(9) }, actor());
  await store.revokeKey(id, actor());
}

/** Notices, looks, and what operators do about them. */
async function payments(store: Store): Promise<void> {
  await store.recordNotices([notice('evt_1'), notice('evt_2', 'in_1')], at(0));
  await store.ignoreNotice({ id: 'evt_2', receivedAt: at(0), subscriptionId: null, attempts: 1, reason: 'not-ours' });
  await apply(store, 1, {}, { notice: { id: 'evt_1', receivedAt: at(0) } });
  for (const [n, changes] of [held, {}, { plan: 'large' }, over, {}].entries()) await apply(store, n + 2, changes);
  await apply(store, 9, { reference: 'a' }, { marked: 'srv-z' });
  const page = { now: at(1e6), releasedBefore: at(1e6), limit: 100 };
  for (const after of ['', 'sub_']) await store.readDueLooks({ ...page, after });
  await store.readOpenLooks(['evt_1', 'sub_1'], at(1e6));
  await store.countDueLooks(at(1e6));
  await store.readNotice('evt_1');
  await store.readSubscriptionInFull('sub_1');
  for (const after of [undefined, { id: 'sub_9', createdAt: at(9) }])
    for (const filter of [
      {},
      { customer: 'ada' },
      { standing: 'good' },
      { customer: 'ada', standing: 'good' },
    ] as const)
      await store.readSubscriptions({ ...filter, after, limit: 50 });
  await store.readPaymentTroubles(at(1e6));
  await store.requestLook('sub_1', actor());
  await destroy(store, (await store.readSubscriptionInFull('sub_1'))?.server?.id ?? missing('server'));
  await store.releaseHold({ id: 'sub_1', plan: 'small', location: 'ewr' }, actor());
  await store.recordListed({ ids: ['sub_1', 'sub_3'], since: at(1e6), livemode: false, now: at(1e6) });
  await store.holdAbsent('sub_1', { notice: null, startedAt: at(1e6), attempts: 1, now: at(1e6) });
  const idempotency = { token: 'shop', key: 'key-2', bodyHash: 'x' };
  await store.readWhy({ kind: 'subscription', value: 'sub_1' });
  await store.readAnswer(idempotency);
  const event = { type: 'checkout.opened', actor: 'key:shop', at: at(1), detail: {} } as const;
  await store.recordAnswer({ idempotency, answer: () => null }, event);
  await store.forgetNotices(at(1e6));
}
