import { readLink, readLinks } from '#db/reads/links.ts';
import type { LinkRow } from '#db/tables.ts';
import { type LinkCommand, makeLink, revokeLink } from '#db/transactions/links.ts';
import type { Actor } from '#db/transactions/request.ts';
import type { Runs } from './run.ts';

export function links({ read, accept }: Runs) {
  return {
    readLink: (digest: string, now: Date) => read('link', (context) => readLink(context, digest, now)),
    readLinks: (serverId: string, now: Date) => read('links', (context) => readLinks(context, serverId, now)),
    makeLink: (command: LinkCommand) => accept('make link', (context) => makeLink(context, command)),
    revokeLink: (link: Pick<LinkRow, 'serverId' | 'id'>, actor: Actor) =>
      accept('revoke link', (context) => revokeLink(context, link, actor)),
  };
}
