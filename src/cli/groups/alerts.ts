import type { Alert } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { alertsPage } from '#src/cli/print/alerts.ts';
import { printItems } from '#src/cli/session.ts';

export const addAlerts: AddGroup = (program, cli) => {
  program
    .command('alerts')
    .description('List what needs a person now, with the next step')
    .action(async () => printItems<Alert>(await cli.open(), '/v1/alerts', alertsPage));
};
