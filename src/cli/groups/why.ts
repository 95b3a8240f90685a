import { withQuery } from '#src/cli/api/api.ts';
import type { Why } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { whyPage } from '#src/cli/print/why.ts';

export const addWhy: AddGroup = (program, cli) => {
  program
    .command('why')
    .description('Show why something exists, or no longer does: from the payment or the purchase to the machine')
    .argument('<anything>', 'the id of a server, job, subscription or machine, a hostname, or an address')
    .action(async (handle) => {
      const { api, print } = await cli.open();
      await print(await api.get<Why>(withQuery('/v1/why', { [kindOf(handle)]: handle })), whyPage);
    });
};

/** The first that fits counts: a hostname begins with the id of its server. */
const kinds: readonly [RegExp, string][] = [
  [/:|^\d+(\.\d+){3}$/, 'address'],
  [/\./, 'hostname'],
  [/^srv-/, 'server'],
  [/^job-/, 'job'],
  [/^sub_/, 'subscription'],
];

/** Anything else is a machine: its name, its id, or the cloud's id of it. */
function kindOf(handle: string): string {
  return kinds.find(([pattern]) => pattern.test(handle))?.[1] ?? 'machine';
}
