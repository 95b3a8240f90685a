import { afterEach, beforeEach, expect, test } from 'vitest';
import { alert } from '#queues/alerts/alert.ts';
import { countTally, countTrends } from '#queues/upkeep/trends.ts';
import { failed, made } from '../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { visitor } from './visitor.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const running = new AbortController().signal;
/** A minute later, when all events are old enough to be counted. */
const later = () => new Date(Date.now() + 60_000);

const settle = (jobId: string, outcome: typeof made, now = new Date()) =>
  api.store.settle({ jobId, outcome, attempts: 1, graceSeconds: 0, now });

test('purchases and times to ready are counted once, by minute and by hour', async () => {
  const [one, other] = [await api.buy(), await api.buy()];
  await settle(one.jobId, made, new Date(Date.now() + 2_000));
  await settle(other.jobId, failed);
  for (let again = 0; again < 2; again++) await countTrends({ store: api.store, now: later }, running);
  for (const span of ['day', 'month']) {
    const { items } = (await api.call('GET', `/v1/trends?span=${span}`)).body;
    const sum = (name: 'purchases' | 'ready') =>
      items.reduce((all: number, item: Record<'purchases' | 'ready', number>) => all + item[name], 0);
    expect([span, sum('purchases'), sum('ready')]).toEqual([span, 2, 1]);
    const [{ longestSeconds }] = items.filter(({ ready }: { ready: number }) => ready > 0);
    expect(longestSeconds).toBeGreaterThanOrEqual(1.9);
  }
});

test('events of the last half minute are counted later', async () => {
  await api.buy();
  await countTrends({ store: api.store, now: () => new Date() }, running);
  expect((await api.call('GET', '/v1/trends')).body.items).toEqual([]);
  await countTrends({ store: api.store, now: later }, running);
  expect((await api.call('GET', '/v1/trends')).body.items).toMatchObject([{ purchases: 1 }]);
});

test('old counts are deleted', async () => {
  await api.buy();
  await countTrends({ store: api.store, now: later }, running);
  const afterDays = (days: number) => () => new Date(Date.now() + days * 24 * 60 * 60_000);
  await countTrends({ store: api.store, now: afterDays(2) }, running);
  const counted = async () => [
    await api.store.readTrends('minute', new Date(0)),
    await api.store.readTrends('hour', new Date(0)),
  ];
  expect((await counted()).map((rows) => rows.length)).toEqual([0, 1]);
  await countTrends({ store: api.store, now: afterDays(32) }, running);
  expect((await counted()).map((rows) => rows.length)).toEqual([0, 0]);
});

test('the overview has the counts of the worker, and says if there are none yet', async () => {
  const viewer = await visitor(api, 'viewer');
  expect((await viewer.get('/console')).text).toContain('Nothing has been counted yet.');
  const { jobId } = await api.buy();
  await settle(jobId, made);
  await api.buy();
  await countTally({ store: api.store, now: later });
  const { text } = await viewer.get('/console');
  expect(text).toContain('<b>2</b> servers now');
  expect(text).toContain('<b>1</b> running');
  expect(text).toContain('<dt>ams</dt><dd>1</dd>');
});

test('from the alert to the retry of the failed job it is one click', async () => {
  const { jobId, serverId } = await api.buy();
  await settle(jobId, failed);
  const detail = { serverId };
  api.surroundings.alerts = [
    alert({ kind: 'paid-without-server', subject: serverId, message: 'It has failed.', raisedAt: new Date(), detail }),
  ];
  const operator = await visitor(api, 'operator');
  const overview = await operator.get('/console');
  expect(overview.text).toContain('records a new job');
  await operator.submit(overview, `/console/jobs/${jobId}/retry`);
  const jobs = await api.store.readJobs({ serverId, limit: 5 });
  expect(jobs.some(({ retryOf }) => retryOf === jobId)).toBe(true);
});
