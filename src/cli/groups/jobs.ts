import { Option } from '@commander-js/extra-typings';
import { jobKinds } from '#db/model.ts';
import { pathTo } from '#src/cli/api/api.ts';
import type { CommandResult, Job } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { jobPage, jobsPage } from '#src/cli/print/job.ts';
import { commandPage } from '#src/cli/print/server.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';
import { finish, keyOption, waitForJob, waitOption } from '#src/cli/steps/wait-for-job.ts';

const states = ['waiting', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;

export const addJobs: AddGroup = (program, cli) => {
  const jobs = program.command('jobs').description('List, show, follow, retry and cancel jobs');
  jobs
    .command('list')
    .description('List jobs, newest first')
    .option('--server <server>', 'only those of this server')
    .addOption(new Option('--state <state>', 'only those in this state').choices(states))
    .addOption(new Option('--kind <kind>', 'only those of this kind').choices(jobKinds))
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async ({ server, state, kind, ...paging }) => {
      const filter = { server, state, kind };
      await printList<Job>(await cli.open(), paging, { path: '/v1/jobs', filter, page: jobsPage });
    });
  jobs
    .command('show')
    .description('Show a job with its progress, attempts and last error')
    .argument('<job>')
    .action(async (id) => {
      const { api, print } = await cli.open();
      await print(await api.get<Job>(pathTo('jobs', id)), jobPage);
    });
  jobs
    .command('follow')
    .description('Follow a job until its end; fail if it fails')
    .argument('<job>')
    .action(async (id) => waitForJob(await cli.open(), id));
  jobs
    .command('retry')
    .description('Retry a failed job, as a new one')
    .argument('<job>')
    .addOption(keyOption)
    .addOption(waitOption)
    .action(async (id, { idempotencyKey, wait }) => {
      const session = await cli.open();
      const send = { method: 'POST', path: pathTo('jobs', id, 'retry'), idempotencyKey } as const;
      await finish(session, await session.api.send<CommandResult>(send), { wait, page: commandPage });
    });
  jobs
    .command('cancel')
    .description('Cancel a rebuild, until its server’s name moves to the new machine')
    .argument('<job>')
    .addOption(keyOption)
    .action(async (id, { idempotencyKey }) => {
      const { api, print } = await cli.open();
      const path = pathTo('jobs', id, 'cancel');
      await print(await api.send<CommandResult>({ method: 'POST', path, idempotencyKey }), commandPage);
    });
};
