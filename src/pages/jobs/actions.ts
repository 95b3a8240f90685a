import type { CommandResult } from '#src/cli/api/bodies.ts';
import type { Action } from '#src/pages/page.ts';
import { serverPath } from '#src/pages/paths.ts';

export const retryJob: Action = {
  path: '/console/jobs/:id/retry',
  route: 'POST /v1/jobs/{id}/retry',
  call: ({ params }) => ({ params }),
  done: (body) => {
    const { job, server } = body as CommandResult;
    return { message: `The retry is recorded as job ${job.id}.`, next: serverPath(server.id) };
  },
};

export const cancelJob: Action = {
  path: '/console/jobs/:id/cancel',
  route: 'POST /v1/jobs/{id}/cancel',
  call: ({ params }) => ({ params }),
  done: (body) => ({ message: `Job ${(body as CommandResult).job.id} is cancelled.` }),
};

export const jobActions = [retryJob, cancelJob];
