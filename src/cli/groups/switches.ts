import { Option } from '@commander-js/extra-typings';
import type { Queue, Sale, Workers } from '#src/cli/api/bodies.ts';
import type { AddGroup, Cli } from '#src/cli/group.ts';
import { queuePage, salePage } from '#src/cli/print/switches.ts';
import { workersPart } from '#src/cli/print/workers.ts';
import type { Session } from '#src/cli/session.ts';
import { bodyIfAllowed } from '#src/cli/steps/if-allowed.ts';

const reasonOption = new Option('--reason <text>', 'why; shown in the alert');

export const addSwitches: AddGroup = (program, cli) => {
  const sale = program.command('sale').description('Show, open or close the sale');
  sale
    .command('show', { isDefault: true })
    .description('Show whether the sale is open')
    .action(async () => {
      const { api, print } = await cli.open();
      await print(await api.get<Sale>('/v1/sale'), salePage);
    });
  sale
    .command('open')
    .description('Open the sale again')
    .addOption(reasonOption)
    .action(({ reason }) => switchSale(cli, { open: true, reason }));
  sale
    .command('close')
    .description('Close the sale: purchases are refused, and everything else continues')
    .addOption(reasonOption)
    .action(({ reason }) => switchSale(cli, { open: false, reason }));

  const queue = program.command('queue').description('Show, pause or resume the queue');
  queue
    .command('show', { isDefault: true })
    .description('Show whether the queue is paused, and the workers with their last word')
    .action(async () => showQueue(await cli.open()));
  queue
    .command('pause')
    .description('Pause the queue: no job starts; those that run continue')
    .addOption(reasonOption)
    .action(({ reason }) => switchQueue(cli, { paused: true, reason }));
  queue
    .command('resume')
    .description('Resume the queue')
    .addOption(reasonOption)
    .action(({ reason }) => switchQueue(cli, { paused: false, reason }));
};

async function switchSale({ open }: Cli, body: { open: boolean; reason: string | undefined }): Promise<void> {
  const { api, print } = await open();
  await print(await api.send<Sale>({ method: 'POST', path: '/v1/sale', body }), salePage);
}

async function switchQueue({ open }: Cli, body: { paused: boolean; reason: string | undefined }): Promise<void> {
  const { api, print } = await open();
  await print(await api.send<Queue>({ method: 'POST', path: '/v1/queue', body }), queuePage);
}

async function showQueue({ api, print }: Session): Promise<void> {
  const [{ body: queue }, seen] = await Promise.all([
    api.get<Queue>('/v1/queue'),
    bodyIfAllowed(api.get<Workers>('/v1/workers')),
  ]);
  const body = { ...queue, workers: seen?.items ?? null };
  await print({ body, text: JSON.stringify(body) }, ({ workers }) => [...queuePage(queue), ...workersPart(workers)]);
}
