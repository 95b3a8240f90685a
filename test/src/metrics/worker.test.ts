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
