import { z } from 'zod';
import { callOperations } from '#db/calls.ts';
import type { Handle } from '#db/reads/handles.ts';
import type { Link } from '#db/reads/why.ts';
import type { CallRow } from '#db/tables.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { eventFields } from '#src/http/shapes/event.ts';
import { address, id, instant } from '#src/http/shapes/fields.ts';
import { sentenceOf } from '#src/http/shapes/sentence.ts';
import { subscriptionParams } from '#src/http/shapes/subscription.ts';

const kinds = ['server', 'machine', 'hostname', 'address', 'job', 'subscription'] as const satisfies Handle['kind'][];

const query = z.strictObject({
  server: id.optional(),
  machine: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the id or the name of a machine')
    .optional()
    .meta({ description: "The provider's id of the machine, its id in this API, or its name.", example: 'gf-x1f0-1' }),
  hostname: z
    .string()
    .regex(/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,20}$/, 'must be the hostname of a server, in lower case')
    .optional(),
  address: address.optional().meta({ description: 'The newest machine that has or had it counts.' }),
  job: id.optional(),
  subscription: subscriptionParams.shape.id.optional(),
});

const callShape = z
  .object({
    at: instant,
    service: z.string().meta({ description: 'The cloud, the DNS, or `vpn`.' }),
    operation: z.enum(callOperations),
    target: z.string(),
    outcome: z.string().meta({ description: '`ok`, or the kind of the failure.' }),
    ms: z.number().int(),
    message: z.string().nullable(),
  })
  .meta({ id: 'Call' });

const linkShape = z
  .object({
    id: z.string().meta({ description: 'The id of the event, for `GET /v1/events/{id}`.' }),
    at: instant,
    type: eventFields.type,
    actor: eventFields.actor,
    message: z.string().meta({ description: 'The event as a sentence for people.' }),
    serverId: z.string().nullable(),
    jobId: z.string().nullable(),
    causes: z.array(z.string()).meta({
      description: 'The ids of the events in this chain without which it would not have happened; empty: the first.',
    }),
    calls: z.array(callShape).meta({
      description: 'At the end of a job: what its runs changed at the cloud and in the DNS, and the first answer.',
    }),
  })
  .meta({ id: 'Link' });

export const whyShape = z
  .object({
    subject: z.object({
      kind: z.enum(kinds),
      value: z.string(),
      serverId: z.string().nullable(),
      machine: z.string().nullable().meta({ description: 'The name of the machine.' }),
    }),
    complete: z.boolean().meta({ description: 'false: only the newest 100 events about it are shown.' }),
    chain: z.array(linkShape).meta({ description: 'Oldest first.' }),
  })
  .meta({ id: 'Why' });

const why = route({
  method: 'get',
  path: '/v1/why',
  access: 'audit:read',
  forCustomers: 'filtered',
  summary: 'Show why something exists, or no longer does',
  description:
    'The chain of events from the payment or the purchase to a server, machine, hostname, address, job or subscription, also if it is gone for long. Exactly one query parameter.',
  query,
  answers: { 200: { description: 'The chain', body: whyShape } },
  problems: ['not-found'],
  handle: async ({ query, owner }, { store }) => {
    const { kind, value } = handleIn(query);
    const found = await store.readWhy({ kind, value }, owner);
    if (!found) throw new Problem('not-found', `Nothing is recorded about ${kind} ${value}.`);
    const { serverId, machine, isCut, chain } = found;
    return reply(200, { subject: { kind, value, serverId, machine }, complete: !isCut, chain: chain.map(showLink) });
  },
});

/** Throws a Problem unless the query has exactly one parameter. */
function handleIn(query: Readonly<Partial<Record<Handle['kind'], string | undefined>>>): Handle {
  const given = kinds.flatMap((kind) => (query[kind] === undefined ? [] : [{ kind, value: query[kind] }]));
  const [handle, second] = given;
  if (handle && !second) return handle;
  const detail = `must have exactly one of ${kinds.join(', ')}`;
  const errors = [{ in: 'query', pointer: second ? `/${second.kind}` : '', detail }];
  throw new Problem('invalid-parameters', `The query ${detail}.`, { members: { errors } });
}

function showLink({ event, causes, calls }: Link): z.output<typeof linkShape> {
  const { uid: id, at, type, actor, serverId, jobId } = event;
  const shown = { id, at: at.toISOString(), type, actor, message: sentenceOf(event), serverId, jobId };
  return { ...shown, causes: [...causes], calls: calls.map(showCall) };
}

function showCall({ at, service, operation, target, outcome, ms, message }: CallRow): z.output<typeof callShape> {
  return { at: at.toISOString(), service, operation, target, outcome, ms, message };
}

export const whyRoutes = [why];
