import { setTimeout as delay } from 'node:timers/promises';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import type { CloudCall } from '../simulated-cloud.ts';
import type { Stage } from '../stage.ts';
import { alertGauge, assertOver, untilAlert, untilCleared } from './alerts.ts';

/** Longer than the service waits without a Retry-After. */
const retryAfterSeconds = 8;

/** One run with seconds in Retry-After, one with a date. */
const limited: Scenario = {
  id: 'rate-limited',
  about:
    '70 % of all calls are answered 429 for 25 s, with Retry-After in seconds, then as a date; 50 purchases at once',
  runs: { full: 2, quick: 0 },
  setting: { concurrency: 25 },
  promise: { worstSeconds: 120 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    const retryAfter = { seconds: retryAfterSeconds, as: stage.index % 2 === 0 ? 'seconds' : 'date' };
    const storm = { kind: 'status', status: 429, operation: '*', times: null, share: 0.7, retryAfter };
    const fault = await cloud.addFaultRule(storm);
    const ids = await buyMany(stage.installation, 50);
    await delay(25_000);
    stage.note(`${await cloud.timesInjected(fault)} calls answered 429`);
    await cloud.clearFaultRules();
    await allRun(stage, ids);
    await assertNoAttempts(stage, ids);
    assertWaited(stage, await cloud.calls());
  },
};

/** A worker may call about a machine again only after Retry-After. A date is rounded to whole seconds. */
function assertWaited({ broken }: Stage, calls: readonly CloudCall[]): void {
  const lastLimited = new Map<string, number>();
  for (const { client, label, status, startedAt, finishedAt } of calls) {
    if (label === null) continue;
    const waitedMs = startedAt - (lastLimited.get(`${client}/${label}`) ?? Number.NEGATIVE_INFINITY);
    if (waitedMs < (retryAfterSeconds - 1) * 1000)
      broken(`${client} called about ${label} ${waitedMs} ms after a 429 with Retry-After ${retryAfterSeconds} s.`);
    if (status === 429) lastLimited.set(`${client}/${label}`, finishedAt ?? startedAt);
  }
}

async function assertNoAttempts({ installation, broken }: Stage, ids: readonly string[]): Promise<void> {
  for (const { serverId, jobId } of installation.shop.book.filter((attempt) => ids.includes(attempt.serverId ?? ''))) {
    const job = jobId === null ? null : await installation.shop.job(jobId);
    if (job && job.attempts > 1) broken(`The create of ${serverId} used ${job.attempts} attempts.`);
  }
}

const refused: Scenario = {
  id: 'key-refused',
  about: 'all calls are answered 401, 402 or 403 until both alerts are raised; 20 purchases at once',
  runs: { full: 1, quick: 0 },
  promise: { worstSeconds: 180 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    const forever = { kind: 'status', operation: '*', times: null };
    await cloud.addFaultRule({ ...forever, status: 401, share: 1 / 3 });
    await cloud.addFaultRule({ ...forever, status: 402, share: 1 / 2 });
    await cloud.addFaultRule({ ...forever, status: 403 });
    const ids = await buyMany(stage.installation, 20);
    await untilAlert(stage.installation, 'provider-refuses');
    if ((await alertGauge(stage.installation, 'provider-refuses')) === 0)
      stage.broken('The alert provider-refuses is missing in the metrics.');
    await untilAlert(stage.installation, 'provider');
    await cloud.clearFaultRules();
    await allRun(stage, ids);
    for (const kind of ['provider', 'provider-refuses']) {
      await untilCleared(stage.installation, kind);
      await assertOver(stage, kind);
    }
    await assertNoAttempts(stage, ids);
  },
};

const slow: Scenario = {
  id: 'slow-provider',
  about: 'every call takes 3 s, ten times the longest usual duration; 30 purchases at once',
  runs: { full: 1, quick: 0 },
  promise: { worstSeconds: 120 },
  run: async (stage) => {
    await stage.installation.cloud.addFaultRule({ kind: 'slow', operation: '*', ms: 3_000, times: null });
    await allRun(stage, await buyMany(stage.installation, 30));
  },
};

export const oddAnswers: readonly Scenario[] = [limited, refused, slow];
