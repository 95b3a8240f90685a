import { linkRights } from '#db/links.ts';
import type { MadeLink } from '#src/cli/api/bodies.ts';
import type { Action } from '#src/pages/page.ts';
import { serverPath } from '#src/pages/paths.ts';

/** A right of the form has the value `yes`. Every link may `view`. */
export const makeLink: Action = {
  path: '/console/servers/:id/links/make',
  route: 'POST /v1/servers/{id}/link',
  perform: async ({ params, field }, call) => {
    const may = linkRights.filter((right) => right === 'view' || field(right) === 'yes');
    const { url, serverId } = await call<MadeLink>({ params, body: { may, expiresIn: field('expires') } });
    return {
      message: 'The link works. It is shown only now:',
      copied: url,
      next: serverPath(serverId),
    };
  },
};

export const revokeLink: Action = {
  path: '/console/servers/:id/links/:link/revoke',
  route: 'DELETE /v1/servers/{id}/links/{link}',
  perform: async ({ params }, call) => {
    await call({ params });
    return { message: 'The link is revoked: its page is not found any more.' };
  },
};

export const linkActions = [makeLink, revokeLink];
