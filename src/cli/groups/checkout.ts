import type { AddGroup } from '#src/cli/group.ts';
import { keyOption } from '#src/cli/steps/wait-for-job.ts';

export const addCheckout: AddGroup = (program, cli) => {
  program
    .command('checkout')
    .description("Open a page at Stripe where a customer subscribes; prints the page's address")
    .requiredOption('--customer <customer>', "the shop's identifier of the customer")
    .requiredOption('--location <location>', 'a location of ghostifi locations')
    .requiredOption('--success-url <url>', 'the page after the payment')
    .requiredOption('--cancel-url <url>', 'the page without a payment')
    .option('--plan <plan>', 'the plan, if one price at Stripe sells it')
    .option('--price <price>', 'else the price at Stripe')
    .option('--email <email>', "fills in the customer's e-mail address")
    .option('--reference <reference>', "the shop's own reference, such as an order number")
    .addOption(keyOption)
    .action(async ({ idempotencyKey, ...body }) => {
      const { api, print } = await cli.open();
      const command = { method: 'POST', path: '/v1/checkouts', body, idempotencyKey } as const;
      await print(await api.send<{ url: string }>(command), ({ url }) => [url]);
    });
};
