import { type Command, Option } from '@commander-js/extra-typings';
import { newsTypes } from '#db/news.ts';
import { pathTo } from '#src/cli/api/api.ts';
import type { Delivery, Webhook, WebhookWithSecret } from '#src/cli/api/bodies.ts';
import type { AddGroup, Cli } from '#src/cli/group.ts';
import { deliveriesPage, webhookPage, webhookSecretPage, webhooksPage } from '#src/cli/print/webhooks.ts';
import { type GlobalFlags, printItems } from '#src/cli/session.ts';
import { confirm } from '#src/cli/steps/ask.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';
import { yesOption } from '#src/cli/steps/wait-for-job.ts';

type Webhooks = Command<[], object & Record<never, never>, GlobalFlags>;

export const addWebhooks: AddGroup = (program, cli) => {
  const webhooks = program.command('webhooks').description('Where news of servers, payments and alerts is sent');
  addViews(webhooks, cli);
  addChanges(webhooks, cli);
  addSending(webhooks, cli);
};

function typesOption() {
  return new Option('--types <type...>', 'the events that are sent').choices(newsTypes);
}

function addViews(webhooks: Webhooks, cli: Cli): void {
  webhooks
    .command('list')
    .description('List the webhooks, oldest first')
    .action(async () => printItems<Webhook>(await cli.open(), '/v1/webhooks', webhooksPage));
  webhooks
    .command('show')
    .description('Show a webhook')
    .argument('<webhook>', 'its id')
    .action(async (id) => {
      const { api, print } = await cli.open();
      await print(await api.get<Webhook>(pathTo('webhooks', id)), webhookPage);
    });
  webhooks
    .command('deliveries')
    .description('List what a webhook got and will get, newest first')
    .argument('<webhook>', 'its id')
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async (id, paging) => {
      const list = { path: pathTo('webhooks', id, 'deliveries'), page: deliveriesPage };
      await printList<Delivery>(await cli.open(), paging, list);
    });
}

function addChanges(webhooks: Webhooks, cli: Cli): void {
  webhooks
    .command('add')
    .description('Add a webhook, and print its secret, which is never shown again')
    .argument('<url>', 'where news is posted')
    .addOption(typesOption())
    .action(async (url, options) => {
      const { api, print } = await cli.open();
      const body = { url, ...options };
      await print(await api.send<WebhookWithSecret>({ method: 'POST', path: '/v1/webhooks', body }), webhookSecretPage);
    });
  webhooks
    .command('change')
    .description('Change a webhook, or switch it on or off')
    .argument('<webhook>', 'its id')
    .option('--url <url>', 'where news is posted')
    .addOption(typesOption())
    .addOption(new Option('--on', 'send from now on').conflicts('off'))
    .option('--off', 'send nothing more, and cancel what waits')
    .action(async (id, { on, off, ...options }) => {
      const { api, print } = await cli.open();
      const body = { ...options, ...(on && { state: 'on' }), ...(off && { state: 'off' }) };
      await print(await api.send<Webhook>({ method: 'PATCH', path: pathTo('webhooks', id), body }), webhookPage);
    });
  webhooks
    .command('rotate')
    .description('Give a webhook another secret, and print that; the old one signs too for a while')
    .argument('<webhook>', 'its id')
    .option('--overlap-hours <hours>', 'how long the old secret signs too, at most 168', '24')
    .action(async (id, { overlapHours }) => {
      const { api, print } = await cli.open();
      const command = { method: 'POST', path: pathTo('webhooks', id, 'rotate') } as const;
      const body = { overlapHours: Number(overlapHours) };
      await print(await api.send<WebhookWithSecret>({ ...command, body }), webhookSecretPage);
    });
  webhooks
    .command('remove')
    .description('Delete a webhook and its deliveries')
    .argument('<webhook>', 'its id')
    .addOption(yesOption)
    .action(async (id, { yes }) => {
      const { api, say } = await cli.open();
      await confirm(`Delete ${id} and its deliveries?`, yes, cli);
      await api.send({ method: 'DELETE', path: pathTo('webhooks', id) });
      say('The webhook is deleted.');
    });
}

function addSending(webhooks: Webhooks, cli: Cli): void {
  webhooks
    .command('test')
    .description('Send a test, which only this webhook gets')
    .argument('<webhook>', 'its id')
    .action(async (id) => {
      const { api, print } = await cli.open();
      const sent = await api.send<{ eventId: string }>({ method: 'POST', path: pathTo('webhooks', id, 'test') });
      await print(sent, ({ eventId }) => [`Sending ${eventId} to ${id}.`]);
    });
  webhooks
    .command('replay')
    .description('Send a webhook what it missed')
    .argument('<webhook>', 'its id')
    .requiredOption('--since <instant>', 'such as 2030-01-31T12:00:00Z, at most 30 days ago')
    .action(async (id, { since }) => {
      const { api, print } = await cli.open();
      const command = { method: 'POST', path: pathTo('webhooks', id, 'replay') } as const;
      const replayed = await api.send<{ messages: number }>({ ...command, body: { since } });
      await print(replayed, ({ messages }) => [`${messages} messages will be sent.`]);
    });
  webhooks
    .command('retry')
    .description('Send one message again')
    .argument('<delivery>', 'its id')
    .action(async (id) => {
      const { api, print } = await cli.open();
      const delivery = await api.send<Delivery>({ method: 'POST', path: pathTo('deliveries', id, 'retry') });
      await print(delivery, (one) => deliveriesPage([one]));
    });
}
