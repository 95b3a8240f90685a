import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../attempt.ts';
import type { ManagedProcess } from '../managed-process.ts';
import { watchOwnDelay } from '../own-delay.ts';
import type { Stage } from '../stage.ts';

export interface TradeOptions {
  /** Some customers rebuild or destroy an earlier server. */
  readonly mixed?: boolean;
  /** Customers only destroy once there are this many servers. */
  readonly most?: number;
  /**
   * Commands must be answered within this time at the first call, with any fault of Redis. Default 300. The answer time
   * of the simulated cloud is subtracted. It uses no database and no Redis, so its delay is the delay of this computer.
   */
  readonly answerWithinMs?: number;
}

export interface Trade {
  /** Ends the trade. Resolves once all commands are answered, and records slow answers as broken promises. */
  stop(): Promise<void>;
}

/** Sends a command every `everyMs`, mostly purchases. */
export function trade(
  { installation, random: { fork }, note, broken }: Stage,
  everyMs: number,
  { mixed = false, most = Number.POSITIVE_INFINITY, answerWithinMs = 300 }: TradeOptions = {},
): Trade {
  const { shop, simulator } = installation;
  const random = fork('trade');
  const attempts: Promise<{ attempt: Attempt; busyMs: number }>[] = [];
  const owned: string[] = [];
  const buy = async () => {
    const attempt = await shop.buy();
    if (attempt.serverId) owned.push(attempt.serverId);
    return attempt;
  };
  const next = (): Promise<Attempt> => {
    const drawn = owned.length >= most ? 1 : random.next();
    if (!mixed || owned.length < 3 || drawn < 0.6) return buy();
    if (drawn < 0.8) return shop.rebuild(random.pick(owned));
    return shop.destroy(...(owned.splice(random.between(0, owned.length - 1), 1) as [string]));
  };
  const stopping = new AbortController();
  const open = async () => {
    while (!stopping.signal.aborted) {
      attempts.push(withBusyTime(next(), answerOf(simulator)));
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ended = open();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
      const all = await Promise.all(attempts);
      note(`slowest answer ${Math.round(Math.max(0, ...all.map(({ attempt }) => attempt.slowestMs)))} ms`);
      if (answerWithinMs === Number.POSITIVE_INFINITY) return;
      for (const { attempt, busyMs } of all) {
        const { kind, slowestMs, tries, why } = attempt;
        if (slowestMs - busyMs > answerWithinMs)
          broken(`A ${kind} was answered after ${Math.round(slowestMs)} ms (the cloud took ${Math.round(busyMs)} ms).`);
        if (tries > 1) broken(`A ${kind} took ${tries} calls: ${why}`);
      }
    },
  };
}

async function withBusyTime(command: Promise<Attempt>, busy: Promise<number>) {
  return { attempt: await command, busyMs: await busy };
}

/** The time until the process answers, in ms, minus the time that this process itself stood still. */
async function answerOf({ url }: ManagedProcess): Promise<number> {
  const [askedAt, ownDelay] = [performance.now(), watchOwnDelay()];
  await fetch(`${url}/livez`).then(
    (answer) => answer.text(),
    () => null,
  );
  return Math.max(0, performance.now() - askedAt - ownDelay());
}
