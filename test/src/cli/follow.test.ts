import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { answeringServer } from './answering-server.ts';
import { type CliOptions, emptyHome, runIn } from './cli-under-test.ts';

const job = {
  id: 'job-1',
  serverId: 'srv-1',
  kind: 'create',
  state: 'running',
  location: null,
  attempts: 1,
  progress: { step: 'Ordering a machine', percent: 40 },
  error: null,
  retryOf: null,
  waitsFor: null,
  createdAt: '2026-01-31T12:00:00.000Z',
  finishedAt: null,
};
const done = { ...job, state: 'succeeded', progress: null, finishedAt: '2026-01-31T12:00:09.000Z' };
const failed = { ...done, state: 'failed', error: 'The cloud has no machines left.' };

const eventText = (name: string, id: string, data: object) =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Follows job-1 at a server that answers each connection with the next of these functions. */
async function follow(answers: ((response: ServerResponse) => void)[], options: CliOptions = {}) {
  const requests: IncomingMessage[] = [];
  const GHOSTIFI_URL = await answeringServer((request, response) => {
    requests.push(request);
    answers[requests.length - 1]?.(response);
  });
  const home = emptyHome();
  writeFileSync(join(home, 'key'), 'a-key');
  const env = { GHOSTIFI_URL, GHOSTIFI_KEY_FILE: 'key' };
  return { requests, ...(await runIn(home, ['jobs', 'follow', 'job-1', '--json'], { env, ...options })) };
}

const stream = (text: string) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);

it('shows each change on standard error, and prints the job as it ended', async () => {
  const ended = await follow([
    stream(`retry: 5\n\n${eventText('progress', 'a', job)}${eventText('end', 'end', done)}`),
  ]);
  expect([ended.code, JSON.parse(ended.out)]).toEqual([0, done]);
  expect(ended.err.split('\n')).toEqual([
    expect.stringMatching(/^ +\d+\.\d s {2}create srv-1 {3}40 % {2}Ordering a machine$/),
    expect.stringMatching(/^ +\d+\.\d s {2}create srv-1 {2}100 % {2}succeeded$/),
    '',
  ]);
});

it('draws a bar in a terminal', async () => {
  const { err } = await follow([stream(eventText('progress', 'a', job) + eventText('end', 'end', done))], {
    isTerminal: true,
  });
  expect(err).toContain('████████░░░░░░░░░░░░  40 %');
});

it('ends with 1 and the error of a job that fails', async () => {
  const { code, out, err } = await follow([stream(eventText('end', 'end', failed))]);
  expect([code, JSON.parse(out)]).toEqual([1, failed]);
  expect(err).toContain('ghostifi: The create of srv-1 failed: The cloud has no machines left.\n');
});

it('connects again after an interruption, from the last event on', async () => {
  const busy = (response: ServerResponse) => void response.writeHead(503).end('busy');
  const cut = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventText('progress', 'a', job), () => {
      response.destroy();
    });
  };
  const { code, requests } = await follow([cut, busy, stream(eventText('end', 'end', done))]);
  expect(code).toBe(0);
  expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'a', 'a']);
});

it('does not try again after a refusal', async () => {
  const problem = { type: 'urn:ghostifi:problem:not-found', status: 404, detail: 'There is no job job-1.' };
  const { code, requests, err } = await follow([
    (response) => void response.writeHead(404).end(JSON.stringify(problem)),
  ]);
  expect([code, requests.length, err]).toEqual([3, 1, 'ghostifi: There is no job job-1. [not-found]\n']);
});

it('at Ctrl-C ends with 130 and says that the job goes on', async () => {
  const stopping = new AbortController();
  const open = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventText('progress', 'a', job), () => {
      stopping.abort();
    });
  };
  const { code, out, err } = await follow([open], { stop: stopping.signal });
  expect([code, out]).toEqual([130, '']);
  expect(err).toContain('The job goes on. Follow it again: ghostifi jobs follow job-1\n');
});
