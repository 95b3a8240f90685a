import { pathTo, withQuery } from '#src/cli/api/api.ts';
import type { EventWithCauses, Why } from '#src/cli/api/bodies.ts';
import { CliError } from '#src/cli/cli-error.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { eventPage } from '#src/cli/print/events.ts';
import { whyPage } from '#src/cli/print/why.ts';
import type { Session } from '#src/cli/session.ts';

export const addWhy: AddGroup = (program, cli) => {
  program
    .command('why')
    .description('Show why something exists, or no longer does: from the payment or the purchase to the machine')
    .argument('<anything>', 'the id of a server, job, subscription, machine or event, a hostname, or an address')
    .action(async (handle) => explain(await cli.open(), handle));
};

async function explain({ api, print }: Session, handle: string): Promise<void> {
  const kind = kindOf(handle);
  if (kind === 'event') return print(await api.get<EventWithCauses>(pathTo('events', handle)), eventPage);
  if (kind === 'customer')
    throw new CliError('usage', `A customer can have several servers: ghostifi servers list --customer ${handle}`);
  const value = kind === 'hostname' ? handle.toLowerCase().replace(/\.$/, '') : handle;
  await print(await api.get<Why>(withQuery('/v1/why', { [kind]: value })), whyPage);
}

/** The first that fits counts: a hostname begins with the id of its server. */
const kinds: readonly [RegExp, string][] = [
  [/@/, 'customer'],
  [/:|^\d+(\.\d+){3}$/, 'address'],
  [/\./, 'hostname'],
  [/^srv-/, 'server'],
  [/^job-/, 'job'],
  [/^evt-/, 'event'],
  [/^sub_/, 'subscription'],
];

/** Anything else is a machine: its name, its id, or the cloud's id of it. */
function kindOf(handle: string): string {
  return kinds.find(([pattern]) => pattern.test(handle))?.[1] ?? 'machine';
}
