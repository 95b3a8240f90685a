import type { FoundMachine } from '#src/cli/api/bodies.ts';
import { type Page, tableOf } from './page.ts';
import { localTime } from './texts.ts';

export function machinesPage(machines: readonly FoundMachine[]): Page {
  return tableOf(machines, {
    machine: ({ name }) => name,
    server: ({ serverId }) => serverId,
    customer: ({ customer }) => customer,
    location: ({ location }) => location,
    state: ({ state }) => state,
    from: ({ createdAt }) => localTime(createdAt),
    until: ({ goneAt }) => localTime(goneAt),
  });
}
