import type { Action } from '#src/pages/page.ts';

/** Its user types the name of the machine, which the API compares with that of the alert. */
export const removeMachine: Action = {
  path: '/console/machines/:id/remove',
  route: 'POST /v1/machines/{id}/remove',
  perform: async ({ params, field }, call) => {
    const { machine } = await call<{ machine: { name: string } }>({ params, body: { name: field('typed') } });
    return { message: `Machine ${machine.name} is removed with the next inventory, within a minute.` };
  },
};

export const machineActions = [removeMachine];
