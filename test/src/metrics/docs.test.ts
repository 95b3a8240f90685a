import type { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createApiMetrics } from '#src/metrics/api.ts';
import { createWorkerMetrics } from '#src/metrics/worker.ts';
import { markdownTable } from '../../markdown-table.ts';

/** `vitest run --config test/vitest.config.ts test/src/metrics/docs.test.ts -u` updates the page. */
test('docs/metrics.md lists every metric', async () => {
  const page = `# Metrics

\`GET /metrics\` of an API process (with any token), and \`GET /metrics\` on a worker's \`WORKER_PORT\`. This page is
generated from the metrics that the processes register. The processes
also have prom-client's default metrics, whose names begin with \`process_\` and \`nodejs_\`.

## API process

${table(createApiMetrics().registry)}

## Worker process

${table(createWorkerMetrics().registry)}
`;
  await expect(page).toMatchFileSnapshot('../../../docs/metrics.md');
});

function table(registry: Registry): string {
  const own = registry.getMetricsAsArray().filter(({ name }) => !/^(process|nodejs)_/.test(name));
  const rows = own.map((metric) => {
    expect(metric.name).toMatch(/^ghostifi_[a-z_]+$/);
    const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
    return [`\`${metric.name}\``, String(metric.type), labels.join(', '), metric.help];
  });
  return markdownTable(['Metric', 'Type', 'Labels', 'Description'], rows);
}
