import type { Purchased } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { commandPage } from '#src/cli/print/server.ts';
import { finish, keyOption, waitOption } from '#src/cli/steps/wait-for-job.ts';

export const addPurchases: AddGroup = (program, cli) => {
  program
    .command('buy')
    .description('Buy a server for a customer')
    .requiredOption('--customer <customer>', "the shop's identifier of the customer")
    .requiredOption('--location <location>', 'a location of ghostifi locations')
    .option('--plan <plan>', 'a plan of ghostifi plans; else the default of the installation')
    .option('--reference <reference>', "the shop's own reference, such as an order number")
    .addOption(keyOption)
    .addOption(waitOption)
    .action(async ({ customer, location, plan, reference, idempotencyKey, wait }) => {
      const session = await cli.open();
      const body = { customer, location, plan, reference };
      const answer = await session.api.send<Purchased>({
        method: 'POST',
        path: '/v1/purchases',
        body,
        idempotencyKey,
      });
      await finish(session, answer, { wait, page: commandPage });
    });
};
