import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { watchSizes } from '../sizes.ts';
import { harms } from './harms.ts';

const mostLiving = 60;

export const nemesis: Scenario = {
  id: 'nemesis',
  about:
    'purchases, rebuilds and destroys for 30 minutes (--minutes), with a fault out of all every 5 to 15 s: kills, freezes, FLUSHALL, a killed Redis, cut connections, a locked database, restarts, and everything that a provider does',
  runs: { full: 1, quick: 1 },
  promise: { quietWithinSeconds: 240 },
  run: async (stage) => {
    const endsAt = performance.now() + stage.minutes * 60_000;
    const isOver = () => performance.now() > endsAt;
    const sizes = watchSizes(stage.installation);
    await Promise.all([trade(stage, isOver), harm(stage, isOver)]);
    await stage.installation.heal();
    const { grown, notes } = await sizes.stop();
    for (const words of grown) stage.broken(words);
    for (const words of notes) stage.note(words);
  },
};

/** Asks for something about every second, and waits at the end for what was not answered yet. */
async function trade({ installation, random }: Stage, isOver: () => boolean): Promise<void> {
  const { shop } = installation;
  const living: string[] = [];
  const asked: Promise<unknown>[] = [];
  const buy = async () => {
    const { serverId } = await shop.buy();
    if (serverId) living.push(serverId);
  };
  while (!isOver()) {
    const wanted = living.length >= mostLiving ? 'destroy' : random.pick(['buy', 'buy', 'buy', 'rebuild', 'destroy']);
    if (wanted === 'buy' || living.length === 0) asked.push(buy());
    else if (wanted === 'rebuild') asked.push(shop.rebuild(random.pick(living)));
    else asked.push(shop.destroy(takeFrom(living, random)));
    await delay(random.between(500, 1_500));
  }
  await Promise.all(asked);
}

function takeFrom(living: string[], random: Random): string {
  const [id = ''] = living.splice(random.between(0, living.length - 1), 1);
  return id;
}

async function harm({ installation, random, note }: Stage, isOver: () => boolean): Promise<void> {
  let count = 0;
  while (!isOver()) {
    await random.pick(harms)(installation, random);
    count++;
    await delay(random.between(5_000, 15_000));
  }
  note(`${count} faults`);
}
