import { afterAll, beforeAll, expect, test } from 'vitest';
import { alert, type NewAlert } from '#queues/alerts/alert.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const raisedAt = new Date('2026-01-01T00:00:00Z');
const listed = async (one: { kind: string; subject: string; detail?: Record<string, string> }) => {
  api.surroundings.alerts = [alert({ ...(one as NewAlert), message: 'Look.', raisedAt })];
  return (await api.call('GET', '/v1/alerts', { as: 'viewer' })).body.items;
};

test('an alert says how urgent it is, whom it concerns, and what to do', async () => {
  const detail = { serverId: 'srv-1', jobId: 'job-1', reference: 'order-4711', other: 'x' };
  expect(await listed({ kind: 'parked-job', subject: 'job-1', detail })).toEqual([
    {
      id: 'parked-job:job-1',
      adoptedBy: null,
      kind: 'parked-job',
      severity: 'critical',
      subject: 'job-1',
      message: 'Look.',
      nextStep: expect.stringMatching(/POST \/v1\/jobs\/job-1\/retry\.$/),
      runbook: 'docs/runbook.md#parked-job',
      serverId: 'srv-1',
      jobId: 'job-1',
      reference: 'order-4711',
      by: null,
      reason: null,
      raisedAt: raisedAt.toISOString(),
    },
  ]);
});

test('an alert about a switch says who changed it and why', async () => {
  const detail = { by: 'ada', reason: 'No stock' };
  expect(await listed({ kind: 'sale-stopped', subject: 'sale', detail })).toMatchObject([
    { severity: 'warning', by: 'ada', reason: 'No stock', serverId: null, jobId: null, reference: null },
  ]);
});

test('an alert of a kind that only a newer version has is listed all the same', async () => {
  expect(await listed({ kind: 'of-tomorrow', subject: 'x' })).toMatchObject([
    { id: 'of-tomorrow:x', severity: 'warning', runbook: 'docs/runbook.md#of-tomorrow' },
  ]);
});
