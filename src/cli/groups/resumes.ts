import type { AddGroup } from '#src/cli/group.ts';

/** What an alert has stopped, and an operator lets go on. */
const stopped = {
  ordering: {
    about: 'Orders of machines',
    resume: 'Resume orders, once the cause of the alert ordering-stopped is removed',
    done: 'Orders are resumed. Jobs that wait continue within two minutes.',
  },
  schedules: {
    about: 'The schedules of all servers',
    resume: 'Let all schedules go on, once the cause of the alert schedules-paused is removed',
    done: 'All schedules go on.',
  },
} as const;

export const addResumes: AddGroup = (program, cli) => {
  for (const [name, { about, resume, done }] of Object.entries(stopped))
    program
      .command(name)
      .description(about)
      .command('resume')
      .description(resume)
      .action(async () => {
        const { api, print } = await cli.open();
        await print(await api.send({ method: 'POST', path: `/v1/${name}/resume` }), () => [done]);
      });
};
