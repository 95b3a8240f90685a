import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import type { ManagedProcess } from './managed-process.ts';
import type { CloudCall, RecordChange, SimulatedCloud } from './simulated-cloud.ts';

/** Everything that the service changed at the cloud and the DNS. */
export interface CloudHistory {
  /** Every order and removal. */
  readonly calls: readonly CloudCall[];
  /** Every change of a DNS record, oldest first. */
  readonly changes: readonly RecordChange[];
}

/** Collects the simulator's history, which the simulator loses when it is killed. */
export interface CloudWatch {
  /** Reads the history for the last time and returns all of it. */
  end(): Promise<CloudHistory>;
}

const readEveryMs = 500;

export function watchCloud(installation: Pick<Installation, 'cloud' | 'simulator'>): CloudWatch {
  const collector = createCollector(installation);
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      // The call fails if a scenario has killed the simulator.
      await collector.read().catch(() => undefined);
      await delay(readEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    end: async () => {
      stop.abort();
      await watching;
      await collector.read();
      return collector.history();
    },
  };
}

interface Source {
  readonly cloud: Pick<SimulatedCloud, 'calls' | 'recordChanges'>;
  readonly simulator: Pick<ManagedProcess, 'pid'>;
}

/** Reads the history piece by piece, across restarts of the simulator. */
export function createCollector({ cloud, simulator }: Source) {
  const calls = new Map<string, CloudCall>();
  const changes = new Map<string, RecordChange>();
  let [pid, lastCall, lastChange] = [0, 0, 0];
  const afterRestart = () => {
    [pid, lastCall, lastChange] = [simulator.pid, 0, 0];
    // Calls to the former process ended with it.
    for (const [key, call] of calls) calls.set(key, { ...call, finishedAt: call.finishedAt ?? Date.now() });
  };
  return {
    read: async () => {
      if (simulator.pid !== pid) afterRestart();
      const news = await cloud.calls(lastCall);
      for (const call of news) if (isChange(call)) calls.set(`${pid}/${call.seq}`, call);
      // Calls without an answer are read again.
      const unfinished = news.find(({ finishedAt }) => finishedAt === null);
      lastCall = unfinished ? unfinished.seq - 1 : (news.at(-1)?.seq ?? lastCall);
      const newChanges = await cloud.recordChanges(lastChange);
      for (const change of newChanges) changes.set(`${pid}/${change.seq}`, change);
      lastChange = newChanges.at(-1)?.seq ?? lastChange;
    },
    history: (): CloudHistory => ({ calls: [...calls.values()], changes: [...changes.values()] }),
  };
}

function isChange({ operation }: CloudCall): boolean {
  return operation === 'create' || operation === 'delete';
}
