import type { Scenario } from '../scenario.ts';
import { killCaller } from './kill-caller.ts';
import { live } from './life.ts';

const points = [
  { id: 'kill-name-asked', about: 'before the DNS has acted', when: 'arrived' },
  { id: 'kill-name-acted', about: 'when the DNS has acted and not answered', when: 'acted' },
] as const;

/** The DNS call of each kind. A retire makes none, because the name points at another machine by then. */
const operations = {
  create: 'create-record',
  rebuild: 'update-record',
  suspend: 'delete-record',
  resume: 'create-record',
  destroy: 'delete-record',
} as const;

export const killedAtTheDns: readonly Scenario[] = points.map(({ id, about, when }) => ({
  id,
  about: `kill -9 of the worker that changes a server's name, ${about}; in create, rebuild, suspend, resume and destroy`,
  runs: { full: 20, quick: 0 },
  atOnce: 5,
  setting: { concurrency: 1 },
  promise: { p95Seconds: 15, worstSeconds: 20 },
  run: async (stage) => {
    await live(stage.installation, async ({ kind }, serverId) => {
      if (kind === 'retire') return;
      await killCaller(stage, { operation: operations[kind], label: `${serverId}.*`, when }, serverId);
    });
  },
}));
