import type { Action, Form } from '#src/pages/page.ts';

/** A reason that is not given is left out. */
function reasonIn({ field }: Form): { reason?: string } {
  const reason = field('reason');
  return reason === '' ? {} : { reason };
}

function switching(path: string, route: Action['route'], change: { body: object; message: string }): Action {
  const { body, message } = change;
  return {
    path,
    route,
    perform: async (form, call) => {
      await call({ body: { ...body, ...reasonIn(form) } });
      return { message };
    },
  };
}

export const openSale = switching('/console/sale/open', 'POST /v1/sale', {
  body: { open: true },
  message: 'The sale is open again.',
});
export const stopSale = switching('/console/sale/stop', 'POST /v1/sale', {
  body: { open: false },
  message: 'The sale is stopped: purchases are refused until it is opened again.',
});
export const resumeQueue = switching('/console/queue/resume', 'POST /v1/queue', {
  body: { paused: false },
  message: 'The queue runs again.',
});
export const pauseQueue = switching('/console/queue/pause', 'POST /v1/queue', {
  body: { paused: true },
  message: 'The queue is paused: purchases are recorded, and no job starts.',
});
export const resumeOrdering: Action = {
  path: '/console/ordering/resume',
  route: 'POST /v1/ordering/resume',
  perform: async (_, call) => {
    await call();
    return { message: 'Orders are resumed. Jobs that wait continue within two minutes.' };
  },
};
export const resumeSchedules: Action = {
  path: '/console/schedules/resume',
  route: 'POST /v1/schedules/resume',
  perform: async (_, call) => {
    await call();
    return { message: 'All schedules go on.' };
  },
};

export const switchActions = [openSale, stopSale, resumeQueue, pauseQueue, resumeOrdering, resumeSchedules];
