import type { Command } from '@commander-js/extra-typings';
import { pathTo } from '#src/cli/api/api.ts';
import type { CommandResult } from '#src/cli/api/bodies.ts';
import type { Cli } from '#src/cli/group.ts';
import { commandPage } from '#src/cli/print/server.ts';
import type { GlobalFlags } from '#src/cli/session.ts';
import { confirm } from '#src/cli/steps/ask.ts';
import { finish, keyOption, waitOption, yesOption } from '#src/cli/steps/wait-for-job.ts';

type Servers = Command<[], object & Record<never, never>, GlobalFlags>;

/** Adds the commands that change a server. */
export function addServerCommands(servers: Servers, cli: Cli): void {
  servers
    .command('rebuild')
    .description('Rebuild a server on a new machine; the old one serves until the new one is ready')
    .argument('<server>')
    .option('--location <location>', 'move it there')
    .option('--plan <plan>', 'another plan; the monthly cost follows it')
    .addOption(keyOption)
    .addOption(waitOption)
    .action(async (id, { location, plan, idempotencyKey, wait }) => {
      const session = await cli.open();
      const path = pathTo('servers', id, 'rebuild');
      const command = { method: 'POST', path, body: { location, plan }, idempotencyKey } as const;
      await finish(session, await session.api.send<CommandResult>(command), { wait, page: commandPage });
    });
  addSuspension(servers, cli);
  servers
    .command('destroy')
    .description("Destroy a server: its machine and its VPN keys are deleted, and the customer's VPN ends")
    .argument('<server>')
    .addOption(yesOption)
    .addOption(keyOption)
    .addOption(waitOption)
    .action(async (id, { yes, idempotencyKey, wait }) => {
      const session = await cli.open();
      await confirm(`Destroy ${id} for ever?`, yes, cli);
      const command = { method: 'DELETE', path: pathTo('servers', id), idempotencyKey } as const;
      await finish(session, await session.api.send<CommandResult>(command), { wait, page: commandPage });
    });
}

function addSuspension(servers: Servers, cli: Cli): void {
  servers
    .command('suspend')
    .description("Suspend a server: its machine is removed, and the customer's VPN stops until it is resumed")
    .argument('<server>')
    .requiredOption('--reason <reason>', 'why; kept for ever in the events, so without personal data')
    .addOption(yesOption)
    .addOption(keyOption)
    .addOption(waitOption)
    .action(async (id, { reason, yes, idempotencyKey, wait }) => {
      const session = await cli.open();
      await confirm(`Suspend ${id}, and remove its machine?`, yes, cli);
      const path = pathTo('servers', id, 'suspend');
      const command = { method: 'POST', path, body: { reason }, idempotencyKey } as const;
      await finish(session, await session.api.send<CommandResult>(command), { wait, page: commandPage });
    });
  servers
    .command('resume')
    .description('Resume a suspended server on a new machine, with the same keys')
    .argument('<server>')
    .addOption(keyOption)
    .addOption(waitOption)
    .action(async (id, { idempotencyKey, wait }) => {
      const session = await cli.open();
      const command = { method: 'POST', path: pathTo('servers', id, 'resume'), idempotencyKey } as const;
      await finish(session, await session.api.send<CommandResult>(command), { wait, page: commandPage });
    });
}
