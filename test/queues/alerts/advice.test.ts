import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { advised, factOf } from '#queues/alerts/advice.ts';
import { alert, alertKinds } from '#queues/alerts/alert.ts';
import { routes } from '#src/http/routes.ts';

const raisedAt = new Date('2026-05-01T12:00:00Z');
const about = (kind: (typeof alertKinds)[number], subject = 'x', detail = {}) =>
  advised(alert({ kind, subject, message: 'Look.', raisedAt, detail }));

test.each(alertKinds)('the next step of %s is one sentence, and its calls exist', (kind) => {
  const { nextStep } = about(kind, '<subject>');
  expect(nextStep).toMatch(/^[A-Z].*\.$/);
  const paths = routes.map(({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '<>')}`);
  for (const [call] of nextStep.matchAll(/(GET|POST|DELETE) \/[\w/<>-]+/g))
    expect(paths).toContain(call.replaceAll(/<\w+>/g, '<>'));
});

test.each(alertKinds)('the link of %s leads to a section of the runbook', (kind) => {
  const [page = '', section] = about(kind).runbook.split('#');
  const text = readFileSync(new URL(`../../../${page}`, import.meta.url), 'utf8');
  expect(text).toContain(`\n## ${section}\n`);
});

test('the next step has the ids of the server, the job and the subscription that the alert concerns', () => {
  expect(about('payment-held', 'sub_1').nextStep).toContain('POST /v1/subscriptions/sub_1/release');
  expect(about('machine-missing', 'srv-1', { serverId: 'srv-1' }).nextStep).toContain('POST /v1/servers/srv-1/rebuild');
  expect(about('paid-without-server', 'srv-1', { jobId: 'job-1' }).nextStep).toContain('POST /v1/jobs/job-1/retry');
  expect(about('paid-without-server').nextStep).toContain('POST /v1/jobs/<job>/retry');
});

test('a Redis in which no job is taken is more urgent than one that may lose keys', () => {
  const severities = ['cluster', 'read-only', 'maxmemory-policy', 'appendonly'].map(
    (subject) => about('redis-unsafe', subject).severity,
  );
  expect(severities).toEqual(['critical', 'critical', 'warning', 'warning']);
});

test.each([null, undefined, 'text', 5, [], { by: 5 }, { by: null }])('the detail %j has no fact', (detail) => {
  expect(factOf(detail, 'by')).toBeNull();
});
