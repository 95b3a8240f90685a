import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import { newsTypes } from '#db/news.ts';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { id, instant } from '#src/http/shapes/fields.ts';
import { showWebhook, webhookShape, webhookTypes, webhookUrl, webhookWithSecret } from '#src/http/shapes/webhook.ts';

export const webhookParams = z.strictObject({ id: id.meta({ example: 'hook-1k9f3zq4t0c7w2h5ab' }) });
const path = '/v1/webhooks/{id}';

const list = route({
  method: 'get',
  path: '/v1/webhooks',
  access: 'webhooks:write',
  summary: 'List the webhooks, oldest first',
  answers: { 200: { description: 'All of them', body: z.object({ items: z.array(webhookShape) }) } },
  handle: async (_, { store }) => reply(200, { items: (await store.readEndpoints()).map(showWebhook) }),
});

const show = route({
  method: 'get',
  path,
  access: 'webhooks:write',
  summary: 'Show a webhook',
  params: webhookParams,
  answers: { 200: { description: 'The webhook', body: webhookShape } },
  problems: ['not-found'],
  handle: async ({ params }, { store }) => {
    const endpoint = await store.readEndpoint(params.id);
    if (!endpoint) throw new NotFoundError('webhook', params.id);
    return reply(200, showWebhook(endpoint));
  },
});

const create = route({
  method: 'post',
  path: '/v1/webhooks',
  access: 'webhooks:write',
  summary: 'Add a webhook',
  description:
    'From now on each event of these types is posted there, signed as Standard Webhooks describe it, until the answer is 2xx. docs/webhooks.md shows how to verify. The secret is shown once. Without `types`: all of them.',
  body: z.strictObject({ url: webhookUrl, types: webhookTypes.optional() }),
  answers: { 201: { description: 'Added, and on', body: webhookWithSecret } },
  problems: ['address-refused', 'not-allowed-now', 'database-busy', 'disk-full'],
  handle: async (call, { store, webhooks, now }) => {
    const { url, types = newsTypes } = call.body;
    await webhooks.assertAllowed(url);
    const at = now();
    const hookId = newId('hook', at);
    const { secret, secretSealed } = webhooks.newSecret(hookId);
    const added = await store.addEndpoint({ id: hookId, url, types: [...types], secretSealed }, actorOf(call, at));
    return reply(201, { webhook: showWebhook(added), secret });
  },
});

const change = route({
  method: 'patch',
  path,
  access: 'webhooks:write',
  summary: 'Change a webhook, or switch it on or off',
  description:
    'While it is off, nothing is kept to be sent: what waits is cancelled. Switched on, it gets what happens from then on; `POST …/replay` sends what it missed.',
  params: webhookParams,
  body: z
    .strictObject({
      url: webhookUrl.optional(),
      types: webhookTypes.optional(),
      state: z.enum(['on', 'off']).optional(),
    })
    .refine((body) => Object.values(body).some((value) => value !== undefined), 'must have url, types or state'),
  answers: { 200: { description: 'The webhook as it is now', body: webhookShape } },
  problems: ['not-found', 'address-refused', 'database-busy', 'disk-full'],
  handle: async (call, { store, webhooks, now }) => {
    const { url } = call.body;
    if (url !== undefined) await webhooks.assertAllowed(url);
    return reply(200, showWebhook(await store.changeEndpoint(call.params.id, call.body, actorOf(call, now()))));
  },
});

const remove = route({
  method: 'delete',
  path,
  access: 'webhooks:write',
  summary: 'Delete a webhook and its deliveries',
  params: webhookParams,
  answers: { 204: { description: 'Deleted', body: null } },
  problems: ['not-found', 'database-busy', 'disk-full'],
  handle: async (call, { store, now }) => {
    await store.deleteEndpoint(call.params.id, actorOf(call, now()));
    return reply(204, null);
  },
});

const test = route({
  method: 'post',
  path: `${path}/test`,
  access: 'webhooks:write',
  summary: 'Send a test to a webhook',
  description: 'An event webhook.test, which only this webhook gets, whatever its types.',
  params: webhookParams,
  answers: {
    202: {
      description: 'It is sent within a second',
      body: z.object({ eventId: z.string() }).meta({ id: 'WebhookTest' }),
    },
  },
  problems: ['not-found', 'not-allowed-now', 'database-busy', 'disk-full'],
  handle: async (call, { store, now }) =>
    reply(202, { eventId: await store.testEndpoint(call.params.id, actorOf(call, now())) }),
});

const hourMs = 60 * 60_000;

const rotate = route({
  method: 'post',
  path: `${path}/rotate`,
  access: 'webhooks:write',
  summary: 'Give a webhook a new secret',
  description: 'Both secrets sign for some hours, so that the consumer can change its own at any time meanwhile.',
  params: webhookParams,
  body: z.strictObject({
    overlapHours: z.number().min(0).max(168).default(24).meta({ description: 'How long the old secret signs too.' }),
  }),
  answers: { 200: { description: 'The new secret', body: webhookWithSecret } },
  problems: ['not-found', 'database-busy', 'disk-full'],
  handle: async (call, { store, webhooks, now }) => {
    const at = now();
    const { secret, secretSealed } = webhooks.newSecret(call.params.id);
    const oldUntil = new Date(at.getTime() + call.body.overlapHours * hourMs);
    const rotated = await store.rotateEndpoint({ id: call.params.id, secretSealed, oldUntil }, actorOf(call, at));
    return reply(200, { webhook: showWebhook(rotated), secret });
  },
});

const longestReplayMs = 30 * 24 * hourMs;

const replay = route({
  method: 'post',
  path: `${path}/replay`,
  access: 'webhooks:write',
  summary: 'Send a webhook what it missed',
  description:
    'Every event since then that was not delivered: what failed, what was cancelled, and what happened while the webhook was off. At most 30 days.',
  params: webhookParams,
  body: z.strictObject({ since: instant.meta({ description: 'Events of this time and later.' }) }),
  answers: {
    202: {
      description: 'How many messages will be sent',
      body: z.object({ messages: z.int() }).meta({ id: 'WebhookReplay' }),
    },
  },
  problems: ['not-found', 'not-allowed-now', 'invalid-body', 'database-busy', 'disk-full'],
  handle: async (call, { store, now }) => {
    const at = now();
    const since = new Date(call.body.since);
    if (at.getTime() - since.getTime() > longestReplayMs)
      throw new Problem('invalid-body', 'A replay reaches back 30 days. Choose a later time for since.');
    return reply(202, { messages: await store.replay({ id: call.params.id, since }, actorOf(call, at)) });
  },
});

export const webhookRoutes = [list, show, create, change, remove, test, rotate, replay];
