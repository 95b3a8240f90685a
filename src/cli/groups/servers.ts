import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { serverStatuses } from '#db/model.ts';
import { pathTo } from '#src/cli/api/api.ts';
import type { HistoryEntry, Server, ServerInFull } from '#src/cli/api/bodies.ts';
import { CliError } from '#src/cli/cli-error.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { historyPage } from '#src/cli/print/events.ts';
import { serverPage, serversPage } from '#src/cli/print/server.ts';
import type { Session } from '#src/cli/session.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';
import { addServerCommands } from './server-commands.ts';

export const addServers: AddGroup = (program, cli) => {
  const servers = program.command('servers').description('List, show, rebuild and destroy servers, and hand out VPNs');
  servers
    .command('list')
    .description('List servers, newest first')
    .option('--customer <customer>', 'only those of this customer')
    .addOption(new Option('--status <status>', 'only those in this status').choices(serverStatuses))
    .option('--reference <reference>', "only those with this reference of the shop's")
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async ({ customer, status, reference, ...paging }) => {
      const filter = { customer, status, reference };
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
  servers
    .command('vpn')
    .description("Print the customer's config file for wg-quick and the WireGuard apps; it contains the private key")
    .argument('<server>')
    .option('--output <file>', 'write it to this new file, readable by you only')
    .action(async (id, { output }) => {
      const session = await cli.open();
      if (output === undefined) return printVpn(session, id);
      save(session, output, await session.api.download(pathTo('servers', id, 'vpn.conf')));
    });
  servers
    .command('qr')
    .description("Draw the customer's config as a QR code for the WireGuard app")
    .argument('<server>')
    .option('--output <file>', 'write it as PNG to this new file, readable by you only')
    .action(async (id, { output }) => {
      const session = await cli.open();
      if (output === undefined) return drawQr(session, id);
      save(session, output, await session.api.download(pathTo('servers', id, 'vpn.png')));
    });
};

async function printVpn({ api, print }: Session, id: string): Promise<void> {
  await print(await api.get<{ config: string }>(pathTo('servers', id, 'vpn')), ({ config }) => [config.trimEnd()]);
}

async function drawQr({ api, print }: Session, id: string): Promise<void> {
  const { qrLines } = await import('#src/vpn/qr.ts');
  const answer = await api.get<{ config: string }>(pathTo('servers', id, 'vpn'));
  const picture = await qrLines(answer.body.config);
  await print(answer, () => [picture.trimEnd()]);
}

/** Never replaces a file: it may be the key of another server. */
function save({ terminal: { cwd }, say }: Session, file: string, content: Buffer): void {
  const path = resolve(cwd, file);
  try {
    writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new CliError('failed', `The file was not written: ${cause instanceof Error ? cause.message : cause}.`, {
      cause,
    });
  }
  say(`Wrote ${path}. It contains the customer's private key.`);
}
