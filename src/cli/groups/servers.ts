import { Option } from '@commander-js/extra-typings';
import { serverStatuses } from '#db/model.ts';
import { pathTo } from '#src/cli/api/api.ts';
import type { HistoryEntry, Server, ServerInFull } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { historyPage } from '#src/cli/print/events.ts';
import { serverPage, serversPage } from '#src/cli/print/server.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';
import { addLinkCommands } from './link-commands.ts';
import { addScheduleCommands } from './schedule-commands.ts';
import { addServerCommands } from './server-commands.ts';
import { addVpnCommands } from './vpn-commands.ts';

export const addServers: AddGroup = (program, cli) => {
  const servers = program.command('servers').description('List, show, rebuild and destroy servers, and hand out VPNs');
  servers
    .command('list')
    .description('List servers, newest first')
    .option('--customer <customer>', 'only those of this customer')
    .addOption(new Option('--status <status>', 'only those in this status').choices(serverStatuses))
    .option('--reference <reference>', "only those with this reference of the shop's")
    .option('--plan <plan>', 'only those with this plan that are not destroyed')
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async ({ customer, status, reference, plan, ...paging }) => {
      const filter = { customer, status, reference, plan };
      await printList<Server>(await cli.open(), paging, { path: '/v1/servers', filter, page: serversPage });
    });
  servers
    .command('show')
    .description('Show a server with its open jobs')
    .argument('<server>')
    .action(async (id) => {
      const { api, print } = await cli.open();
      await print(await api.get<ServerInFull>(pathTo('servers', id)), serverPage);
    });
  addServerCommands(servers, cli);
  servers
    .command('history')
    .description('List the events of a server, oldest first')
    .argument('<server>')
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async (id, paging) => {
      const path = pathTo('servers', id, 'history');
      await printList<HistoryEntry>(await cli.open(), paging, { path, page: historyPage });
    });
  addVpnCommands(servers, cli);
  addLinkCommands(servers, cli);
  addScheduleCommands(servers, cli);
};
