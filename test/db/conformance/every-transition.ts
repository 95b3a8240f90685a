import { expect, test } from 'vitest';
import type { Store } from '#db/store.ts';
import type { Dialect } from '../dialects.ts';
import {
  abandoned,
  buy,
  cancel,
  cancelled,
  destroy,
  failed,
  made,
  parked,
  rebuild,
  removed,
  resume,
  retry,
  running,
  settle,
  suspend,
  suspended,
  useFixture,
} from './fixture.ts';
import { type Change, changesBetween, isListed, unseen } from './transitions.ts';

type Story = AsyncGenerator<void, void>;

/** The random lives find no unlisted transition; this finds each listed one. So the lists of db/model.ts are exact. */
export function everyTransition(dialect: Dialect): void {
  const my = useFixture(dialect);

  test('every transition that db/model.ts lists occurs', async () => {
    const seen: Change[] = [];
    let before = await my.dump();
    for (const story of [movesAndLeaves, failsAndComesBack, failsAndGoes, goes, rests, restsBadly, failsAndRests])
      for await (const _ of story(my.store)) {
        const after = await my.dump();
        seen.push(...changesBetween(before, after));
        before = after;
      }
    expect(seen.filter((change) => !isListed(change))).toEqual([]);
    expect(unseen(seen)).toEqual([]);
  });
}

/** Yields after each act. */
async function* movesAndLeaves(store: Store): Story {
  const { server, job } = await buy(store);
  yield;
  await settle(store, job.id, made);
  yield;
  for (const outcome of [made, failed, abandoned]) {
    const asked = await rebuild(store, server.id);
    yield;
    const settled = await settle(store, asked.job.id, outcome);
    yield;
    for (const retire of settled.end === 'settled' ? settled.released : []) await settle(store, retire.id, removed);
    yield;
  }
  const running = await rebuild(store, server.id);
  const waiting = await rebuild(store, server.id);
  yield;
  await cancel(store, waiting.job.id);
  yield;
  const last = await destroy(store, server.id);
  yield;
  await settle(store, running.job.id, cancelled);
  yield;
  await settle(store, last.job.id, removed);
  yield;
}

async function* failsAndComesBack(store: Store): Story {
  const { server, job } = await buy(store);
  yield;
  await settle(store, job.id, failed);
  yield;
  const again = await retry(store, job.id);
  yield;
  await destroy(store, server.id);
  yield;
  await settle(store, again.job.id, cancelled);
  yield;
}

/** Suspended and resumed; destroyed from each of the statuses on the way. */
async function* rests(store: Store): Story {
  for (const last of ['suspending', 'suspended', 'resuming']) {
    const { id } = await running(store);
    yield;
    const suspension = await suspend(store, id);
    yield;
    if (last !== 'suspending') await settle(store, suspension.job.id, removed);
    yield;
    const resumed = last === 'resuming' ? await resume(store, id) : null;
    yield;
    const end = await destroy(store, id);
    yield;
    const stopped = resumed ?? (last === 'suspending' ? suspension : null);
    if (stopped) await settle(store, stopped.job.id, cancelled);
    yield;
    await settle(store, end.job.id, removed);
    yield;
  }
  const { id } = await suspended(store);
  yield;
  await settle(store, (await resume(store, id)).job.id, made);
  yield;
}

/** A resume that fails with a suspension behind it, and a resume after a suspension that was parked. */
async function* restsBadly(store: Store): Story {
  const { id } = await suspended(store);
  yield;
  const resumed = await resume(store, id);
  yield;
  const again = await suspend(store, id);
  yield;
  await settle(store, resumed.job.id, failed);
  yield;
  await settle(store, again.job.id, parked);
  yield;
  await settle(store, (await resume(store, id)).job.id, made);
  yield;
}

async function* failsAndRests(store: Store): Story {
  const { server, job } = await buy(store);
  yield;
  await settle(store, job.id, failed);
  yield;
  await suspend(store, server.id);
  yield;
}

async function* failsAndGoes(store: Store): Story {
  const { server, job } = await buy(store);
  await settle(store, job.id, failed);
  yield;
  await destroy(store, server.id);
  yield;
}

async function* goes(store: Store): Story {
  const { server, job } = await buy(store);
  await settle(store, job.id, made);
  yield;
  await destroy(store, server.id);
  yield;
}
