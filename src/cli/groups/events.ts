import { pathTo } from '#src/cli/api/api.ts';
import type { Event, EventWithCauses } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { eventPage, eventsPage } from '#src/cli/print/events.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';

export const addEvents: AddGroup = (program, cli) => {
  const events = program.command('events').description('List what was asked and done, by whom, and why');
  events
    .command('list', { isDefault: true })
    .description('List events, newest first')
    .option('--actor <actor>', 'only those of key:<name>, or of a part of the service, such as worker')
    .option('--type <type>', 'only those of this type, such as server.ready')
    .option('--server <server>', 'only those of this server')
    .option('--since <instant>', 'only those since this instant, such as 2026-01-31T12:00:00Z')
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async ({ actor, type, server, since, ...paging }) => {
      const filter = { actor, type, server, since };
      await printList<Event>(await cli.open(), paging, { path: '/v1/events', filter, page: eventsPage });
    });
  events
    .command('show')
    .description('Show an event with its causes')
    .argument('<event>')
    .action(async (id) => {
      const { api, print } = await cli.open();
      await print(await api.get<EventWithCauses>(pathTo('events', id)), eventPage);
    });
};
