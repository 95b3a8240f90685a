import type { CommandResult } from '#src/cli/api/bodies.ts';
import { Problem } from '#src/http/problems/problem.ts';
import type { Action, Form } from '#src/pages/page.ts';
import { serverPath } from '#src/pages/paths.ts';

/** A command on the server of the path. */
function command(name: string, route: Action['route'], bodyOf: (form: Form) => object = () => ({})): Action {
  return {
    path: `/console/servers/:id/${name}`,
    route,
    perform: async (form, call) => {
      const { params } = form;
      const { job, server, warning } = await call<CommandResult>({ params, body: bodyOf(form) });
      const billed = warning ? ' A subscription goes on paying for it: cancel it at Stripe.' : '';
      return { message: `The ${job.kind} of server ${server.id} is recorded.${billed}`, next: serverPath(server.id) };
    },
  };
}

/** The fields of a form that are given. */
function given({ field }: Form, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, field(name)]).filter(([, value]) => value !== ''));
}

export const rebuildServer = command('rebuild', 'POST /v1/servers/{id}/rebuild', (form) =>
  given(form, ['location', 'plan']),
);
export const suspendServer = command('suspend', 'POST /v1/servers/{id}/suspend', (form) => given(form, ['reason']));
export const resumeServer = command('resume', 'POST /v1/servers/{id}/resume');
/** The form has the name of the server twice: as the page knows it, and as its user has typed it. */
export const destroyServer = command('destroy', 'DELETE /v1/servers/{id}', ({ field }) => {
  if (field('typed') === field('name') && field('name') !== '') return {};
  throw new Problem('invalid-body', 'Nothing was destroyed: the name that you typed is not that of the server.');
});

export const serverActions = [rebuildServer, suspendServer, resumeServer, destroyServer];
