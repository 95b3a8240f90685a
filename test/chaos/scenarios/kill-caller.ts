import type { Installation } from '../installation.ts';
import type { Stage } from '../stage.ts';
import { isAbout, nextCallFor } from './life.ts';

export interface KillRule {
  readonly operation: string;
  /** The machine or DNS name that the call is about. A final `*` matches any ending. */
  readonly label: string;
  readonly when: 'arrived' | 'acted' | 'answered';
}

/** Delays listings, so that a rule for the first listing of a run is added before it ends, even on a busy computer. */
export const slowListings = { id: 'slow-listings', kind: 'slow', operation: 'list', ms: 1_000, times: null };

/** Makes the simulator kill the worker that makes this call for the server, and waits for the next run. */
export async function killCaller(stage: Stage, { label, ...rule }: KillRule, serverId: string): Promise<void> {
  const { installation } = stage;
  const id = await installation.cloud.addFaultRule({ kind: 'kill', ...rule, match: { label } });
  await installation.cloud.untilInjected(id);
  const { client, diedAt } = await lastKilled(installation, serverId);
  const next = await nextCallFor(installation, { serverId, at: diedAt, killed: client });
  stage.recovered(next.startedAt - diedAt);
}

async function lastKilled({ cloud }: Installation, serverId: string): Promise<{ client: string; diedAt: number }> {
  const calls = (await cloud.calls()).filter((call) => isAbout(call, serverId));
  const killed = calls.findLast(({ faults }) => faults.includes('kill'));
  if (!killed) throw new Error(`No call for ${serverId} killed its worker.`);
  return { client: killed.client, diedAt: killed.finishedAt ?? killed.startedAt };
}
