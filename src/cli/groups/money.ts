import { pathTo } from '#src/cli/api/api.ts';
import type { Statement } from '#src/cli/api/bodies.ts';
import type { AddGroup } from '#src/cli/group.ts';
import { statementPage, statementsPage } from '#src/cli/print/statements.ts';
import { allOption, cursorOption, limitOption, printList } from '#src/cli/steps/paging.ts';

export const addMoney: AddGroup = (program, cli) => {
  program
    .command('money')
    .description('Show what a day has cost and brought; without a day, list the days, newest first')
    .argument('[day]', 'such as 2026-01-31; a statement is written after the end of its day')
    .addOption(limitOption)
    .addOption(cursorOption)
    .addOption(allOption)
    .action(async (day, paging) => {
      const session = await cli.open();
      if (day === undefined)
        return printList<Statement>(session, paging, { path: '/v1/statements', page: statementsPage });
      await session.print(await session.api.get<Statement>(pathTo('statements', day)), statementPage);
    });
};
