import { expect, test } from 'vitest';
import { createWorkerMetrics } from '#src/metrics/worker.ts';

test('a worker counts its ended runs and their durations', async () => {
  const metrics = createWorkerMetrics();
  metrics.jobEnded('create', 'succeeded', 12);
  metrics.jobEnded('create', 'succeeded', 50);
  metrics.jobEnded('destroy', 'fenced', 1);
  const text = await metrics.registry.metrics();
  expect(text).toContain('ghostifi_jobs_ended_total{kind="create",end="succeeded"} 2');
  expect(text).toContain('ghostifi_jobs_ended_total{kind="destroy",end="fenced"} 1');
  expect(text).toContain('ghostifi_job_seconds_sum{kind="create",end="succeeded"} 62');
});

test('a worker counts its attempts to deliver to webhooks', async () => {
  const metrics = createWorkerMetrics();
  metrics.deliveryAttempted('delivered');
  metrics.deliveryAttempted('retried');
  metrics.deliveryAttempted('retried');
  const text = await metrics.registry.metrics();
  expect(text).toContain('ghostifi_webhook_attempts_total{end="delivered"} 1');
  expect(text).toContain('ghostifi_webhook_attempts_total{end="retried"} 2');
});
