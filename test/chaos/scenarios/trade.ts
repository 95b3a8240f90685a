import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../attempt.ts';
import type { ManagedProcess } from '../managed-process.ts';
import { watchOwnDelay } from '../own-delay.ts';
import type { Stage } from '../stage.ts';

export interface TradeOptions {
  /** Some rebuild or destroy what they bought before. */
  readonly mixed?: boolean;
  /** From so many servers on, customers destroy. */
  readonly most?: number;
  /**
   * Purchases are answered within 300 ms, at the first call, whatever becomes of Redis. What the simulated cloud, another
   * process that needs neither database nor Redis, takes to answer at the same time is this computer's part in it.
   */
  readonly answerWithinMs?: number;
}

export interface Trade {
  /** No new call from now on; resolves when all are answered, and tells the stage of answers that took too long. */
  stop(): Promise<void>;
}

/** A customer every `everyMs`: most buy. */
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
      attempts.push(beside(next(), answerOf(simulator)));
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
          broken(`A ${kind} was answered after ${Math.round(slowestMs)} ms (the cloud: ${Math.round(busyMs)} ms).`);
        if (tries > 1) broken(`A ${kind} took ${tries} calls: ${why}`);
      }
    },
  };
}

async function beside(asked: Promise<Attempt>, busy: Promise<number>) {
  return { attempt: await asked, busyMs: await busy };
}

/** How long it takes to answer, in ms, without what this process itself stood still meanwhile. */
async function answerOf({ url }: ManagedProcess): Promise<number> {
  const [askedAt, ownDelay] = [performance.now(), watchOwnDelay()];
  await fetch(`${url}/livez`).then(
    (answer) => answer.text(),
    () => null,
  );
  return Math.max(0, performance.now() - askedAt - ownDelay());
}
