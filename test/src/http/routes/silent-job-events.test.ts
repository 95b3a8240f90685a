import { expect, onTestFinished, test, vi } from 'vitest';
import { startTestApi } from '../api-under-test.ts';
import { secrets } from '../call-and-check.ts';

test('a stream of events sends a line after 15 s without a change, so that no proxy ends it', async () => {
  const api = await startTestApi();
  onTestFinished(() => api.close());
  let passedMs = 0;
  const realNow = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => realNow() + passedMs);
  onTestFinished(() => clock.mockRestore());
  const { jobId } = await api.buy();
  const headers = { authorization: `Bearer ${secrets.viewer}` };
  const stream = await fetch(`${api.url}/v1/jobs/${jobId}/events`, { headers });
  let text = '';
  const read = (async () => {
    for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  })();
  await vi.waitFor(() => expect(text).toContain('event: progress'));
  const { looks } = api.surroundings;
  passedMs = 5_000;
  await vi.waitFor(() => expect(api.surroundings.looks).toBeGreaterThan(looks + 1), { timeout: 5_000 });
  expect(text).not.toMatch(/^:/m);
  passedMs = 15_001;
  await vi.waitFor(() => expect(text.match(/^:.*$/gm)).toEqual([': heartbeat']), { timeout: 5_000 });
  api.services.streams.endAll();
  await read;
});
