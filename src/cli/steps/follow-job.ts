import { setTimeout as delay } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { type Api, pathTo } from '#src/cli/api/api.ts';
import type { Job } from '#src/cli/api/bodies.ts';
import { CliError } from '#src/cli/cli-error.ts';

export interface Following {
  readonly api: Api;
  readonly jobId: string;
  readonly onChange: (job: Job) => void;
  readonly stop: AbortSignal;
}

const reconnectMs = 2_000;
/** The API sends a heartbeat every 15 s. */
const silentMs = 45_000;
const lostMs = 5 * 60_000;

/** Follows the job until its end, over interruptions of up to five minutes. Returns it as it ended. */
export async function followJob(following: Following): Promise<Job> {
  const state: Received = { lastEventId: null, ended: null, heardAt: performance.now() };
  for (;;) {
    try {
      await receive(following, state);
      if (state.ended) return state.ended;
    } catch (error) {
      if (following.stop.aborted || !isPassing(error, state)) throw error;
    }
    await delay(reconnectMs, undefined, { signal: following.stop });
  }
}

interface Received {
  lastEventId: string | null;
  ended: Job | null;
  heardAt: number;
}

/** One connection, until its end. A stream that is silent for too long is given up. */
async function receive({ api, jobId, onChange, stop }: Following, state: Received): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('The stream is silent.')), silentMs);
  const parser = createParser({ onEvent: (event) => take(event, state, onChange) });
  try {
    const signal = AbortSignal.any([stop, silence.signal]);
    const stream = await api.events(pathTo('jobs', jobId, 'events'), state.lastEventId, signal);
    const decoder = new TextDecoder();
    for await (const chunk of stream ?? []) {
      timer.refresh();
      state.heardAt = performance.now();
      parser.feed(decoder.decode(chunk, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
  }
}

function take({ id, event, data }: EventSourceMessage, state: Received, onChange: (job: Job) => void): void {
  const job: Job = JSON.parse(data);
  state.lastEventId = id ?? state.lastEventId;
  if (event === 'end') state.ended = job;
  onChange(job);
}

/** Whether another connection may succeed: everything but a refusal of the API, for five minutes. */
function isPassing(error: unknown, { heardAt }: Received): boolean {
  if (error instanceof CliError && error.exit !== 'unavailable') return false;
  return performance.now() - heardAt < lostMs;
}
