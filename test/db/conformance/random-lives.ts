import { expect, test } from 'vitest';
import { JobStateError, NotAllowedError } from '#db/errors.ts';
import { jobTraits } from '#db/job-traits.ts';
import { isOpen, type Outcome } from '#db/model.ts';
import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import type { Dialect } from '../dialects.ts';
import {
  abandoned,
  at,
  buy,
  cancel,
  cancelled,
  type Dump,
  destroy,
  failed,
  made,
  parked,
  rebuild,
  removed,
  resume,
  retry,
  settle,
  suspend,
  useFixture,
} from './fixture.ts';
import { broken } from './invariants.ts';
import { changesBetween, isListed } from './transitions.ts';

const lives = 5;
const actsPerLife = 50;
const mostServers = 4;

/** Random commands and settles, in any order and with a clock that jumps. GHOSTIFI_SEED repeats a run. */
export function randomLives(dialect: Dialect): void {
  const my = useFixture(dialect);
  const seed = Number(process.env.GHOSTIFI_SEED ?? Math.floor(Math.random() * 2 ** 31));

  for (let life = 0; life < lives; life++) {
    test(`the invariants hold after random commands and settles (life ${life}, GHOSTIFI_SEED=${seed})`, async () => {
      const random = randomFrom(seed + life);
      const log: string[] = [];
      let before = await my.dump();
      for (let n = 0; n < actsPerLife; n++) {
        const act = chooseAct(random, before);
        const end = await act.run(my.store, at(Math.floor(random() * 2_000) - 1_000));
        log.push(`${act.name}: ${end}`);
        const after = await my.dump();
        expect(broken(after), log.join('\n')).toEqual([]);
        if (end !== 'done') expect(after, `${act.name}: ${end}, but something changed`).toEqual(before);
        const unlisted = changesBetween(before, after).filter((change) => !isListed(change));
        expect(unlisted, `a transition that db/model.ts does not list\n${log.join('\n')}`).toEqual([]);
        before = after;
      }
    });
  }
}

interface Act {
  readonly name: string;
  /** Resolves with `done`, or with the reason for a refusal that may change nothing. */
  run(store: Store, now: Date): Promise<string>;
}

function chooseAct(random: () => number, { servers, jobs }: Dump): Act {
  const any = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const dice = random();
  const server = any(servers)?.id;
  if (!server || (dice < 0.08 && servers.length < mostServers)) return act('buy', (store, now) => buy(store, { now }));
  if (dice < 0.22) return act(`rebuild ${server}`, (store, now) => rebuild(store, server, { now }));
  if (dice < 0.26) return act(`destroy ${server}`, (store, now) => destroy(store, server, now));
  if (dice < 0.31) return act(`suspend ${server}`, (store, now) => suspend(store, server, now));
  if (dice < 0.36) return act(`resume ${server}`, (store, now) => resume(store, server, now));
  const job = any(jobs)?.id ?? '';
  if (dice < 0.4) return act(`cancel ${job}`, (store, now) => cancel(store, job, now));
  const lost = any(jobs.filter(({ state }) => state === 'failed'))?.id ?? job;
  if (dice < 0.48) return act(`retry ${lost}`, (store, now) => retry(store, lost, now));
  if (dice < 0.54) return settleOf(any(jobs), made);
  const due = any(jobs.filter(({ state }) => state === 'released'));
  return due
    ? settleOf(due, any(endsOf(due, jobs)) ?? made)
    : act(`rebuild ${server}`, (store, now) => rebuild(store, server, { now }));
}

/** The settle of a released job, or a late settle of any other. */
function settleOf(job: Job | undefined, outcome: Outcome): Act {
  const { id = 'job-none', kind = 'none', state = 'none' } = job ?? {};
  const fits = state !== 'released' || kind === 'none' || jobTraits[kind].makesMachine || outcome.end !== 'made';
  const actual = fits ? outcome : removed;
  return act(`settle ${id} (${kind}, ${state}) as ${JSON.stringify(actual)}`, async (store, now) => {
    const { end } = await settle(store, id, actual, { now });
    expect(end).toBe(state === 'released' ? 'settled' : 'fenced');
    return end === 'fenced' ? 'fenced' : 'done';
  });
}

/** How a job of this kind can end now. */
function endsOf(job: Job, jobs: readonly Job[]): readonly Outcome[] {
  if (!jobTraits[job.kind].makesMachine) return [removed, removed, removed, parked];
  const destroyWaits = jobs.some(({ line, kind, state }) => line === job.line && kind === 'destroy' && isOpen(state));
  return [made, made, made, failed, abandoned, parked, ...(destroyWaits ? [cancelled] : [])];
}

function act(name: string, run: (store: Store, now: Date) => Promise<unknown>): Act {
  const runOrExplain = async (store: Store, now: Date) => {
    try {
      const end = await run(store, now);
      return typeof end === 'string' ? end : 'done';
    } catch (error) {
      if (error instanceof NotAllowedError || error instanceof JobStateError) return error.message;
      throw error;
    }
  };
  return { name, run: runOrExplain };
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
