import { Option } from '@commander-js/extra-typings';
import type { Queue, Sale } from '#src/cli/api/bodies.ts';
import type { AddGroup, Cli } from '#src/cli/group.ts';
import { queuePage, salePage } from '#src/cli/print/switches.ts';

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
    .description('Show whether the queue is paused')
    .action(async () => {
      const { api, print } = await cli.open();
      await print(await api.get<Queue>('/v1/queue'), queuePage);
    });
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

  program
    .command('ordering')
    .description('Orders of machines')
    .command('resume')
    .description('Resume orders, once the cause of the alert ordering-stopped is removed')
    .action(() => resumeOrdering(cli));
};

async function switchSale({ open }: Cli, body: { open: boolean; reason: string | undefined }): Promise<void> {
  const { api, print } = await open();
  await print(await api.send<Sale>({ method: 'POST', path: '/v1/sale', body }), salePage);
}

async function switchQueue({ open }: Cli, body: { paused: boolean; reason: string | undefined }): Promise<void> {
  const { api, print } = await open();
  await print(await api.send<Queue>({ method: 'POST', path: '/v1/queue', body }), queuePage);
}

async function resumeOrdering({ open }: Cli): Promise<void> {
  const { api, print } = await open();
  const answer = await api.send({ method: 'POST', path: '/v1/ordering/resume' });
  await print(answer, () => ['Orders are resumed. Jobs that wait continue within two minutes.']);
}
