import type { Installation } from '../installation.ts';
import type { Stage } from '../scenario.ts';
import { until } from '../wait.ts';
import { isAbout, nextCallFor } from './life.ts';

export interface KillRule {
  readonly operation: string;
  /** What the call is about: a machine's name, or a server's; one that ends in `*` fits what begins like it. */
  readonly label: string;
  readonly when: 'arrived' | 'acted' | 'answered';
}

/** Lets the simulator kill the worker that makes this call for the server, and waits until another run goes on. */
export async function killCaller(stage: Stage, { label, ...rule }: KillRule, serverId: string): Promise<void> {
  const { installation } = stage;
  const id = await installation.cloud.spoil({ kind: 'kill', ...rule, match: { label } });
  await installation.cloud.untilStruck(id);
  const killed = await killedCall(installation, rule.operation, serverId);
  const next = await nextCallFor(installation, serverId, killed.diedAt, killed.client);
  stage.recovered(next.startedAt - killed.diedAt);
}

async function killedCall(installation: Installation, operation: string, serverId: string) {
  const call = await until(`The call that killed ${serverId}'s worker`, async () => {
    const calls = (await installation.cloud.calls()).filter(
      (logged) => logged.operation === operation && isAbout(logged, serverId) && logged.faults.includes('kill'),
    );
    return calls.find(({ finishedAt }) => finishedAt !== null && finishedAt > Date.now() - 30_000) ?? null;
  });
  return { client: call.client, diedAt: call.finishedAt ?? call.startedAt };
}
