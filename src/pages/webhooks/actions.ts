import type { Delivery, WebhookWithSecret } from '#src/cli/api/bodies.ts';
import type { Action } from '#src/pages/page.ts';
import { webhookPath, webhooksPath } from '#src/pages/paths.ts';

export const addWebhook: Action = {
  path: '/console/webhooks/add',
  route: 'POST /v1/webhooks',
  perform: async ({ field }, call) => {
    const types = field('types')
      .split(/[\s,]+/)
      .filter((type) => type !== '');
    const body = { url: field('url'), ...(types.length > 0 && { types }) };
    const added = await call<WebhookWithSecret>({ body });
    return { message: `The webhook is added. ${shownOnce(added)}`, next: webhookPath(added.webhook.id) };
  },
};

export const rotateWebhook: Action = {
  path: '/console/webhooks/:id/rotate',
  route: 'POST /v1/webhooks/{id}/rotate',
  perform: async ({ params }, call) => {
    const rotated = await call<WebhookWithSecret>({ params, body: {} });
    return { message: `Both secrets sign for 24 hours. ${shownOnce(rotated)}` };
  },
};

function shownOnce({ secret }: WebhookWithSecret): string {
  return `Its secret is shown only now: ${secret}`;
}

export const testWebhook: Action = {
  path: '/console/webhooks/:id/test',
  route: 'POST /v1/webhooks/{id}/test',
  perform: async ({ params }, call) => {
    const { eventId } = await call<{ eventId: string }>({ params });
    return { message: `The test ${eventId} is sent. Its delivery is below in a few seconds.` };
  },
};

export const switchWebhook: Action = {
  path: '/console/webhooks/:id/switch',
  route: 'PATCH /v1/webhooks/{id}',
  perform: async ({ params, field }, call) => {
    await call({ params, body: { state: field('state') } });
    return { message: `The webhook is ${field('state')}.` };
  },
};

export const replayWebhook: Action = {
  path: '/console/webhooks/:id/replay',
  route: 'POST /v1/webhooks/{id}/replay',
  perform: async ({ params, field }, call) => {
    const since = `${field('since')}T00:00:00Z`;
    const { messages } = await call<{ messages: number }>({ params, body: { since } });
    return { message: `${messages} messages will be sent.` };
  },
};

export const deleteWebhook: Action = {
  path: '/console/webhooks/:id/delete',
  route: 'DELETE /v1/webhooks/{id}',
  perform: async ({ params }, call) => {
    await call({ params });
    return { message: 'The webhook and its deliveries are deleted.', next: webhooksPath };
  },
};

export const retryDelivery: Action = {
  path: '/console/deliveries/:id/retry',
  route: 'POST /v1/deliveries/{id}/retry',
  perform: async ({ params }, call) => {
    const { id } = await call<Delivery>({ params });
    return { message: `Delivery ${id} is sent again.` };
  },
};

export const webhookActions = [
  addWebhook,
  rotateWebhook,
  testWebhook,
  switchWebhook,
  replayWebhook,
  deleteWebhook,
  retryDelivery,
];
