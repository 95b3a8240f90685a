import type { Location, Plan } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { tableOf } from '#src/cli/print/page.ts';
import { money } from '#src/cli/print/texts.ts';
import { printItems } from '#src/cli/session.ts';

export const addOffer: AddGroup = (program, cli) => {
  program
    .command('plans')
    .description('List the plans for new servers')
    .action(async () =>
      printItems<Plan>(await cli.open(), '/v1/plans', (plans) =>
        tableOf(plans, {
          plan: ({ id }) => id,
          CPUs: ({ cpus }) => cpus,
          'memory (MB)': ({ memoryMb }) => memoryMb,
          'cost a month': ({ monthlyCost, currency }) => money({ amount: monthlyCost, currency }),
          locations: ({ locations }) => locations.join(' '),
        }),
      ),
    );
  program
    .command('locations')
    .description('List the locations for new servers')
    .action(async () =>
      printItems<Location>(await cli.open(), '/v1/locations', (locations) =>
        tableOf(locations, {
          location: ({ id }) => id,
          city: ({ city }) => city,
          country: ({ country }) => country,
        }),
      ),
    );
};
