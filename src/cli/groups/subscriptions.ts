import { Option } from '@commander-js/extra-typings';
import { standings } from '#db/subscriptions.ts';
import { pathTo } from '#src/cli/api/api.ts';
import type { Subscription, SubscriptionInFull } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { subscriptionPage, subscriptionsPage } from '#src/cli/print/subscriptions.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';

export const addSubscriptions: AddGroup = (program, cli) => {
  const subscriptions = program.command('subscriptions').description("Customers' subscriptions at Stripe");
  subscriptions
    .command('list')
    .description('List subscriptions, newest first')
    .option('--customer <customer>', 'only those of this customer')
    .addOption(new Option('--standing <standing>', 'only those with this standing').choices(standings))
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async ({ customer, standing, ...paging }) => {
      const filter = { customer, standing };
      const list = { path: '/v1/subscriptions', filter, page: subscriptionsPage };
      await printList<Subscription>(await cli.open(), paging, list);
    });
  subscriptions
    .command('show')
    .description('Show a subscription with its server and its payments')
    .argument('<subscription>')
    .action(async (id) => {
      const { api, print } = await cli.open();
      await print(await api.get<SubscriptionInFull>(pathTo('subscriptions', id)), subscriptionPage);
    });
  subscriptions
    .command('sync')
    .description('Ask Stripe about a subscription now; its server follows')
    .argument('<subscription>')
    .action(async (id) => {
      const { api, print } = await cli.open();
      const answer = await api.send({ method: 'POST', path: pathTo('subscriptions', id, 'sync') });
      await print(answer, () => ['A worker asks Stripe within seconds.']);
    });
  subscriptions
    .command('release')
    .description('Decide which server a held subscription gets')
    .argument('<subscription>')
    .requiredOption('--plan <plan>', 'the plan of the server')
    .requiredOption('--location <location>', 'where the server is made')
    .action(async (id, { plan, location }) => {
      const { api, print } = await cli.open();
      const path = pathTo('subscriptions', id, 'release');
      const answer = await api.send({ method: 'POST', path, body: { plan, location } });
      await print(answer, () => ['The hold is released. A worker asks Stripe within seconds.']);
    });
  subscriptions
    .command('portal')
    .description("Open a page at Stripe where the customer changes the card or cancels; prints the page's address")
    .argument('<subscription>')
    .requiredOption('--return-url <url>', 'the page that the customer comes back to')
    .action(async (id, { returnUrl }) => {
      const { api, print } = await cli.open();
      const path = pathTo('subscriptions', id, 'portal');
      const answer = await api.send<{ url: string }>({ method: 'POST', path, body: { returnUrl } });
      await print(answer, ({ url }) => [url]);
    });
};
