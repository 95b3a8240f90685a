import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { secrets } from '../call-and-check.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi({ maxStreams: 4 });
});
afterEach(() => api.close());

interface Event {
  readonly id: string;
  readonly name: string;
  readonly data: { readonly state: string; readonly progress: { readonly percent: number } | null };
}

interface Stream {
  readonly status: number;
  readonly headers: Headers;
  readonly events: Event[];
  /** Resolves once the server has ended the stream. */
  readonly ended: Promise<void>;
  disconnect(): void;
}

async function follow(jobId: string, lastEventId?: string): Promise<Stream> {
  const client = new AbortController();
  const response = await fetch(`${api.url}/v1/jobs/${jobId}/events`, {
    signal: client.signal,
    headers: {
      authorization: `Bearer ${secrets.viewer}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  });
  const events: Event[] = [];
  const read = async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      events.push(...blocks.filter((block) => block.startsWith('id: ')).map(eventIn));
    }
  };
  const ended = read().catch((error: unknown) => {
    if (!client.signal.aborted) throw error;
  });
  return { status: response.status, headers: response.headers, events, ended, disconnect: () => client.abort() };
}

function eventIn(block: string): Event {
  const line = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
  return { id: line('id'), name: line('event'), data: JSON.parse(line('data')) };
}

const at = (percent: number) => ({
  running: true,
  progress: { step: `step ${percent}`, percent },
  attempts: 1,
  error: null,
});
const percents = ({ events }: Stream) => events.map(({ data }) => data.progress?.percent ?? null);
const finish = (jobId: string) =>
  api.store.settle({
    jobId,
    outcome: { end: 'made', machine: { providerId: 'x', account: 'a', ipv4: '192.0.2.1', ipv6: null } },
    attempts: 1,
    graceSeconds: 0,
    now: new Date(),
  });

test('the headers of a stream ask proxies to send each event at once', async () => {
  const { jobId } = await api.buy();
  const stream = await follow(jobId);
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  expect(stream.headers.get('cache-control')).toBe('no-store, no-transform');
  stream.disconnect();
  await stream.ended;
});

test('a stream sends each change once and ends with the job', async () => {
  const { jobId } = await api.buy();
  api.surroundings.jobs.set(jobId, at(10));
  const stream = await follow(jobId);
  await vi.waitFor(() => expect(percents(stream)).toEqual([10]));
  api.surroundings.jobs.set(jobId, at(60));
  await vi.waitFor(() => expect(percents(stream)).toEqual([10, 60]), { timeout: 5_000 });
  await finish(jobId);
  await stream.ended;
  expect(stream.events.map(({ name }) => name)).toEqual(['progress', 'progress', 'end']);
  expect(stream.events.at(-1)?.data.state).toBe('succeeded');
});

test('a stream says when a worker takes the job, and when it waits for its next attempt', async () => {
  const { jobId } = await api.buy();
  const stream = await follow(jobId);
  const states = () => stream.events.map(({ data }) => data.state);
  await vi.waitFor(() => expect(states()).toEqual(['queued']));
  api.surroundings.jobs.set(jobId, { running: true, progress: null, attempts: 1, error: null });
  await vi.waitFor(() => expect(states()).toEqual(['queued', 'running']), { timeout: 5_000 });
  api.surroundings.jobs.set(jobId, { ...at(20), running: false, error: 'No answer.' });
  await vi.waitFor(() => expect(states()).toEqual(['queued', 'running', 'queued']), { timeout: 5_000 });
  stream.disconnect();
});

test('a client that reconnects gets no event twice and misses none', async () => {
  const { jobId } = await api.buy();
  api.surroundings.jobs.set(jobId, at(10));
  const first = await follow(jobId);
  await vi.waitFor(() => expect(first.events).toHaveLength(1));
  first.disconnect();
  const second = await follow(jobId, first.events[0]?.id);
  api.surroundings.jobs.set(jobId, at(20));
  await vi.waitFor(() => expect(percents(second)).toEqual([20]), { timeout: 5_000 });
  second.disconnect();
  api.surroundings.jobs.set(jobId, at(90));
  const third = await follow(jobId, second.events[0]?.id);
  await vi.waitFor(() => expect(percents(third)).toEqual([90]));
  third.disconnect();
});

test('a stream of an ended job sends its end at once, and answers 204 afterwards', async () => {
  const { jobId } = await api.buy();
  await finish(jobId);
  const late = await follow(jobId, 'some-earlier-event');
  await late.ended;
  expect(late.events.map(({ name, id }) => [name, id])).toEqual([['end', 'end']]);
  expect((await follow(jobId, 'end')).status).toBe(204);
});

test('a queue that does not answer causes no event that contradicts a sent one', async () => {
  const { jobId } = await api.buy();
  api.surroundings.jobs.set(jobId, at(50));
  const stream = await follow(jobId);
  await vi.waitFor(() => expect(stream.events).toHaveLength(1));
  api.surroundings.jobs.clear();
  const { looks } = api.surroundings;
  await vi.waitFor(() => expect(api.surroundings.looks).toBeGreaterThan(looks + 1), { timeout: 5_000 });
  expect(percents(stream)).toEqual([50]);
  await finish(jobId);
  await stream.ended;
  expect(percents(stream)).toEqual([50, null]);
});

test('one token, or one address, gets half of the streams; another address gets one until all are taken', async () => {
  const { jobId } = await api.buy();
  const { streams } = api.services;
  const [first] = [await follow(jobId), await follow(jobId)];
  for (const as of ['viewer', 'operator'] as const) {
    const rejected = await api.call('GET', `/v1/jobs/${jobId}/events`, { as });
    expect([rejected.status, rejected.headers.get('retry-after')], as).toEqual([429, '10']);
  }
  const elsewhere = (caller: string) =>
    streams.open(new ServerResponse(new IncomingMessage(new Socket())), {
      caller,
      address: '192.0.2.1',
    });
  expect(elsewhere('look')).toBe('share');
  expect([elsewhere('boss'), elsewhere('shop')]).toEqual([expect.any(AbortSignal), expect.any(AbortSignal)]);
  // `api.call` would read a stream that is accepted until the test times out.
  const rejected = await follow(jobId);
  rejected.disconnect();
  expect([rejected.status, rejected.headers.get('retry-after')]).toEqual([503, '10']);
  expect(rejected.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  first?.disconnect();
  await vi.waitFor(async () => {
    const stream = await follow(jobId);
    stream.disconnect();
    expect(stream.status).toBe(200);
  });
});

test('a stop ends the streams, and the job continues', async () => {
  const { jobId } = await api.buy();
  const stream = await follow(jobId);
  await vi.waitFor(() => expect(stream.events).toHaveLength(1));
  api.services.streams.endAll();
  await stream.ended;
  expect(stream.events.map(({ name }) => name)).toEqual(['progress']);
});

test('HEAD gets an answer without a stream', async () => {
  const { jobId } = await api.buy();
  const { status, headers } = await api.call('HEAD', `/v1/jobs/${jobId}/events`);
  expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
});
