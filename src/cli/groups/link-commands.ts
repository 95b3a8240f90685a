import { type Command, Option } from '@commander-js/extra-typings';
import { linkRights } from '#db/links.ts';
import { pathTo } from '#src/cli/api/api.ts';
import type { Link, MadeLink } from '#src/cli/api/bodies.ts';
import type { Cli } from '#src/cli/group.ts';
import { fieldsOf, tableOf } from '#src/cli/print/page.ts';
import { localTime } from '#src/cli/print/texts.ts';
import { type GlobalFlags, printItems } from '#src/cli/session.ts';

/** Adds the commands for links to the customer's page. */
export function addLinkCommands(servers: Command<[], object & Record<never, never>, GlobalFlags>, cli: Cli): void {
  servers
    .command('link')
    .description("Make a link to the customer's page of a server; whoever has it opens the page without an account")
    .argument('<server>')
    .addOption(new Option('--may <rights...>', 'what its holder may do').choices(linkRights).makeOptionMandatory())
    .option('--expires <time>', 'how long it works, at most 30d: such as 90m, 12h or 7d', '7d')
    .action(async (id, { may, expires }) => {
      const { api, print } = await cli.open();
      const body = { may, expiresIn: expires };
      await print(await api.send<MadeLink>({ method: 'POST', path: pathTo('servers', id, 'link'), body }), madePage);
    });
  servers
    .command('links')
    .description('List the links of a server that work, without their addresses')
    .argument('<server>')
    .action(async (id) => printItems<Link>(await cli.open(), pathTo('servers', id, 'links'), linksPage));
  servers
    .command('unlink')
    .description('Revoke a link: its page is not found from then on')
    .argument('<server>')
    .argument('<link>', 'its id')
    .action(async (id, link) => {
      const { api, say } = await cli.open();
      await api.send({ method: 'DELETE', path: pathTo('servers', id, 'links', link) });
      say('The link is revoked.');
    });
}

function madePage({ id, url, may, expiresAt }: MadeLink) {
  return [fieldsOf({ address: url, link: id, may: may.join(' '), expires: localTime(expiresAt) })];
}

function linksPage(links: readonly Link[]) {
  return tableOf(links, {
    link: ({ id }) => id,
    may: ({ may }) => may.join(' '),
    'made by': ({ createdBy }) => createdBy.replace(/^key:/, ''),
    created: ({ createdAt }) => localTime(createdAt),
    expires: ({ expiresAt }) => localTime(expiresAt),
  });
}
