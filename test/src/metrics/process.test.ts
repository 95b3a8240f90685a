import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, test, vi } from 'vitest';
import { createProcessMetrics } from '#src/metrics/process.ts';

test('the event loop delay is the lateness of timers, without their interval', async () => {
  const { registry } = createProcessMetrics();
  const witness = monitorEventLoopDelay({ resolution: 20 });
  witness.enable();
  await vi.waitFor(() => expect(witness.count).toBeGreaterThan(20), { timeout: 10_000 });
  const text = await registry.metrics();
  const median = Number(/^ghostifi_event_loop_delay_seconds\{quantile="0.5"\} (\S+)$/m.exec(text)?.[1]);
  expect(median).toBeGreaterThanOrEqual(0);
  expect(median).toBeLessThan(witness.percentile(50) / 1e9 - 0.01);
});

test('a process has the usual metrics of a Node.js process', async () => {
  const text = await createProcessMetrics().registry.metrics();
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_heap_size_used_bytes'])
    expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
});
