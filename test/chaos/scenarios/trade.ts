import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../scenario.ts';
import type { Attempt, Shop } from '../shop.ts';

export interface TradeOptions {
  /** Some rebuild or destroy what they bought before. */
  readonly mixed?: boolean;
  /** From so many servers on, customers destroy. */
  readonly most?: number;
  /**
   * Purchases are answered within 300 ms whatever becomes of Redis. What a call that needs neither database nor Redis takes
   * at the same time is this computer's part in it.
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
  const { shop } = installation;
  const random = fork('trade');
  const attempts: Promise<{ attempt: Attempt; aliveMs: number }>[] = [];
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
      attempts.push(beside(next(), aliveAfter(shop)));
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
      for (const { attempt, aliveMs } of all)
        if (attempt.slowestMs - aliveMs > answerWithinMs)
          broken(
            `A ${attempt.kind} was answered after ${Math.round(attempt.slowestMs)} ms (/livez: ${Math.round(aliveMs)} ms).`,
          );
    },
  };
}

async function beside(asked: Promise<Attempt>, alive: Promise<number>) {
  return { attempt: await asked, aliveMs: await alive };
}

async function aliveAfter(shop: Shop): Promise<number> {
  const askedAt = performance.now();
  await shop.get('/livez').catch(() => null);
  return performance.now() - askedAt;
}
