import { type Command, Option } from '@commander-js/extra-typings';
import { scopes } from '#db/keys.ts';
import { pathTo } from '#src/cli/api/api.ts';
import type { Key, MadeKey } from '#src/cli/api/bodies.ts';
import type { AddGroup, Cli } from '#src/cli/group.ts';
import { keysPage, madeKeyPage } from '#src/cli/print/keys.ts';
import type { GlobalFlags } from '#src/cli/session.ts';
import { confirm } from '#src/cli/steps/ask.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';
import { yesOption } from '#src/cli/steps/wait-for-job.ts';
import { roles } from '#src/keys/presets.ts';

export const addKeys: AddGroup = (program, cli) => {
  const keys = program.command('keys').description('The keys that call the API');
  keys
    .command('list')
    .description('List the keys, newest first, also those that are revoked')
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async (paging) => printList<Key>(await cli.open(), paging, { path: '/v1/keys', page: keysPage }));
  keys
    .command('create')
    .description('Make a key, and print its secret, which is never shown again')
    .argument('<name>', 'by which events name its holder')
    .addOption(new Option('--scopes <scope...>', 'what it may do').choices(scopes))
    .addOption(new Option('--preset <preset>', 'a name for scopes, instead of them').choices(roles))
    .option('--customer <customer>', "only this customer's servers")
    .option('--expires-at <instant>', 'when it ends, such as 2030-01-31T12:00:00Z; else it does not')
    .action(async (name, options) => {
      const { api, print } = await cli.open();
      const body = { name, ...options };
      await print(await api.send<MadeKey>({ method: 'POST', path: '/v1/keys', body }), madeKeyPage);
    });
  addChanges(keys, cli);
};

function addChanges(keys: Command<[], object & Record<never, never>, GlobalFlags>, cli: Cli): void {
  keys
    .command('rotate')
    .description('Give a key another secret, and print that; the old one stays valid for a while')
    .argument('<key>', 'its id')
    .option('--overlap-hours <hours>', 'how long the old secret is valid, at most 168', '24')
    .action(async (id, { overlapHours }) => {
      const { api, print } = await cli.open();
      const body = { overlapHours: Number(overlapHours) };
      await print(await api.send<MadeKey>({ method: 'POST', path: pathTo('keys', id, 'rotate'), body }), madeKeyPage);
    });
  keys
    .command('revoke')
    .description('Revoke a key for ever: it is refused within five seconds')
    .argument('<key>', 'its id')
    .addOption(yesOption)
    .action(async (id, { yes }) => {
      const { api, say } = await cli.open();
      await confirm(`Revoke ${id} for ever?`, yes, cli);
      await api.send({ method: 'DELETE', path: pathTo('keys', id) });
      say('The key is revoked.');
    });
}
