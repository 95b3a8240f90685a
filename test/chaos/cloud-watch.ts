import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import type { CloudCall, RecordChange } from './simulated-cloud.ts';

export interface CloudHistory {
  /** Every order and removal. */
  readonly calls: readonly CloudCall[];
  /** Every change of a DNS record, in its order. */
  readonly changes: readonly RecordChange[];
}

/** Keeps what the simulator tells of the past: it forgets when it is killed. */
export interface CloudWatch {
  /** Looks a last time. */
  end(): Promise<CloudHistory>;
}

const lookEveryMs = 500;

export function watchCloud({ cloud, simulator }: Pick<Installation, 'cloud' | 'simulator'>): CloudWatch {
  const [calls, changes] = [new Map<string, CloudCall>(), new Map<string, RecordChange>()];
  let [life, seenCall, seenChange] = [0, 0, 0];
  const beginLife = (pid: number) => {
    [life, seenCall, seenChange] = [pid, 0, 0];
    // Calls end with the process that they were made of.
    for (const [key, call] of calls) calls.set(key, { ...call, finishedAt: call.finishedAt ?? Date.now() });
  };
  const look = async () => {
    if (simulator.pid !== life) beginLife(simulator.pid);
    const news = await cloud.calls(seenCall);
    for (const call of news) if (isChange(call)) calls.set(`${life}/${call.seq}`, call);
    const unfinished = news.find(({ finishedAt }) => finishedAt === null);
    seenCall = unfinished ? unfinished.seq - 1 : (news.at(-1)?.seq ?? seenCall);
    for (const change of await cloud.recordChanges(seenChange)) changes.set(`${life}/${change.seq}`, change);
    seenChange = [...changes.values()].at(-1)?.seq ?? 0;
  };
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      // The simulator may be down, by a scenario's will.
      await look().catch(() => undefined);
      await delay(lookEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    end: async () => {
      stop.abort();
      await watching;
      await look();
      return { calls: [...calls.values()], changes: [...changes.values()] };
    },
  };
}

function isChange({ operation }: CloudCall): boolean {
  return operation === 'create' || operation === 'delete';
}
