import { type Drained, type DrainOptions, drainByHand, drainInPython, drainOurs } from '../drain.ts';
import type { Measure } from '../measure.ts';
import { pythonFor } from '../peers.ts';
import { withRig } from '../rig.ts';
import type { Scenario } from '../scenario.ts';
import { costsOf } from './accept.ts';

export const drainOptions: DrainOptions = {
  count: 4_000,
  concurrency: 100,
  workMs: 0,
  handshakes: false,
  warmShare: 0.25,
  withinMs: 60_000,
};

/** One worker finishes jobs that wait, with a cloud that answers at once. */
export const drain: Scenario = {
  name: 'drain',
  about: `one worker finishes ${drainOptions.count} creates that wait; its cloud answers at once and is in its process`,
  passes: 1,
  run: async ({ postgres }) => {
    const drained: Drained[] = [
      await withRig(postgres, (rig) => drainOurs(rig, drainOptions)),
      await withRig(null, (rig) => drainByHand(rig, drainOptions)),
    ];
    for (const peer of ['tuned', 'naive'] as const)
      if (pythonFor(peer)) drained.push(await withRig(null, (rig) => drainInPython(rig, peer, drainOptions)));
    const named = drained.map(
      ({ seconds: _, ...one }): Measure => ({ ...one, scenario: 'drain', figure: 'drain', unit: '/s' }),
    );
    return [...named, ...named.flatMap((one) => costsOf(one, 'worker'))];
  },
};

/** The same, and every machine is asked with a real WireGuard handshake. */
export const e2e: Scenario = {
  name: 'e2e',
  about: 'drain of 2,000 creates, in which a process with a WireGuard at each address answers real handshakes',
  passes: 1,
  run: async ({ postgres }) => {
    const options = { ...drainOptions, count: 2_000, handshakes: true };
    const { seconds: _, ...drained } = await withRig(postgres, (rig) => drainOurs(rig, options));
    return [{ ...drained, scenario: 'e2e', figure: 'drain with handshakes', unit: '/s' }];
  },
};
