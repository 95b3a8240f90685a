import { z } from 'zod';
import { accepted, actorOf, commandOf, keyAccepted } from '#src/http/commands/idempotency.ts';
import { route } from '#src/http/route.ts';
import { type CommandResultView, commandAccepted, showCommandResult } from '#src/http/shapes/command-result.ts';
import { text } from '#src/http/shapes/fields.ts';
import { serverParams } from '#src/http/shapes/server.ts';

const common = {
  method: 'post',
  access: 'servers:write',
  forCustomers: 'server',
  params: serverParams,
  headers: keyAccepted,
  answers: { 202: commandAccepted },
  problems: ['not-found', 'not-allowed-now', 'key-reused', 'database-busy', 'disk-full'],
} as const;

/** The reason stays in the events for ever. */
const reason = text(200)
  .regex(/^[^@]*$/, 'must not contain an e-mail address')
  .meta({ description: 'For people; kept for ever in the events, so without personal data.', example: 'past-due' });

const suspend = route({
  ...common,
  path: '/v1/servers/{id}/suspend',
  summary: 'Suspend a server',
  description:
    'Removes its machine, so that it costs nothing. The server keeps its hostname and its VPN keys; a resume makes a new machine for the same VPN config. It runs after the server’s open jobs. A repeated call returns the suspension that is open or done; a resume that waits is cancelled instead.',
  body: z.strictObject({ reason }).meta({ id: 'Suspension' }),
  handle: async (call, { producer, now }) => {
    const { id: serverId } = call.params;
    const { reason } = call.body;
    const command = commandOf(call, showCommandResult);
    return accepted<CommandResultView>(await producer.suspend({ serverId, reason }, actorOf(call, now()), command));
  },
});

const resume = route({
  ...common,
  path: '/v1/servers/{id}/resume',
  summary: 'Resume a suspended server',
  description:
    'Makes a new machine with the same keys. With DNS the VPN config stays the same, byte for byte; without DNS its address changes. A repeated call returns the open resume. A suspension that waits is cancelled instead: the answer then has that job.',
  handle: async (call, { producer, now }) => {
    const { id: serverId } = call.params;
    const command = commandOf(call, showCommandResult);
    return accepted<CommandResultView>(await producer.resume({ serverId }, actorOf(call, now()), command));
  },
});

export const suspensionRoutes = [suspend, resume];
