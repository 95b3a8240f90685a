import { pathTo } from '#src/cli/api/api.ts';
import type { FoundMachine } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { machinesPage } from '#src/cli/print/machines.ts';
import { confirm } from '#src/cli/steps/ask.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';
import { yesOption } from '#src/cli/steps/wait-for-job.ts';

export const addMachines: AddGroup = (program, cli) => {
  const machines = program.command('machines').description('Machines at the cloud');
  machines
    .command('find')
    .description('Find who has or had an address, newest first')
    .argument('<address>', 'IPv4 or IPv6')
    .option('--at <instant>', 'only who can have had it then, such as 2026-01-31T12:00:00Z')
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async (address, { at, ...paging }) => {
      const list = { path: '/v1/machines', filter: { address, at }, page: machinesPage };
      await printList<FoundMachine>(await cli.open(), paging, list);
    });
  machines
    .command('remove')
    .description('Remove a machine that no server owns, as the alert unknown-machine names it')
    .argument('<machine>', "the cloud's id of the machine")
    .requiredOption('--name <name>', "the machine's name, which confirms the id")
    .addOption(yesOption)
    .action(async (id, { name, yes }) => {
      const { api, print } = await cli.open();
      await confirm(`Remove the machine ${name} (${id}) at the cloud?`, yes, cli);
      const answer = await api.send({ method: 'POST', path: pathTo('machines', id, 'remove'), body: { name } });
      await print(answer, () => ['The next inventory removes it, within a minute.']);
    });
};
