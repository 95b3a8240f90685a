import { type Command, Option } from '@commander-js/extra-typings';
import { scheduleIntervals, weekdays } from '#db/schedules.ts';
import { pathTo } from '#src/cli/api/api.ts';
import type { Schedule } from '#src/cli/api/bodies.ts';
import type { Cli } from '#src/cli/group.ts';
import { schedulePage } from '#src/cli/print/schedule.ts';
import type { GlobalFlags } from '#src/cli/session.ts';

/** Adds the commands for a server's regular rebuilds. */
export function addScheduleCommands(servers: Command<[], object & Record<never, never>, GlobalFlags>, cli: Cli): void {
  const schedule = servers.command('schedule').description('Rebuild a server again and again');
  schedule
    .command('show')
    .description("Show the schedule of a server's rebuilds")
    .argument('<server>')
    .action(async (id) => {
      const { api, print } = await cli.open();
      await print(await api.get<Schedule>(schedulePath(id)), schedulePage);
    });
  schedule
    .command('set')
    .description('Rebuild a server daily, weekly or monthly, up to ten minutes after a time of day')
    .argument('<server>')
    .addOption(new Option('--every <interval>', 'how often').choices(scheduleIntervals).makeOptionMandatory())
    .requiredOption('--at <time>', 'when, such as 02:30')
    .option('--zone <zone>', 'the time zone, such as Europe/Berlin; else that of this machine')
    .addOption(new Option('--weekday <weekday>', 'with --every week').choices(weekdays))
    .option('--day <number>', 'with --every month: from 1 to 31; in a shorter month it is the last day')
    .option('--locations <location...>', 'the places of the rebuilds, in turn; else where the server is')
    .option('--paused', 'keep it, and rebuild nothing')
    .action(async (id, { zone = ownZone(), day, ...times }) => {
      const { api, print } = await cli.open();
      const body = { ...times, zone, day: day === undefined ? undefined : Number(day) };
      await print(await api.send<Schedule>({ method: 'PUT', path: schedulePath(id), body }), schedulePage);
    });
  schedule
    .command('remove')
    .description('Delete the schedule of a server; a rebuild that it has asked for goes on')
    .argument('<server>')
    .action(async (id) => {
      const { api, say } = await cli.open();
      await api.send({ method: 'DELETE', path: schedulePath(id) });
      say('The schedule is deleted.');
    });
}

function schedulePath(serverId: string): string {
  return pathTo('servers', serverId, 'schedule');
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
