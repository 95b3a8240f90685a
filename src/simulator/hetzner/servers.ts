import { randomBytes } from 'node:crypto';
import type { Cloud } from '#src/simulator/cloud.ts';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import { isLocked, type Machine } from '#src/simulator/machine.ts';
import type { Wanted } from '#src/simulator/machine-table.ts';
import { absent, errorAnswer, locked, taken } from './errors.ts';
import { selectorIn, tagWantedBy } from './labels.ts';
import { orderIn } from './order.ts';
import { pageAnswer } from './paging.ts';
import { actionBody, serverBody, statusOf } from './server-body.ts';

/** /servers and the paths below. */
export function serverRoutes(cloud: Cloud): readonly Route[] {
  return [
    { method: 'get', path: '/servers', operation: 'list', act: (call) => list(cloud, call) },
    { method: 'post', path: '/servers', operation: 'create', act: (call, made) => create(cloud, call, made) },
    { method: 'get', path: '/servers/:id', operation: 'get', act: (call) => get(cloud, call) },
    { method: 'delete', path: '/servers/:id', operation: 'delete', act: (call) => remove(cloud, call) },
  ];
}

/** Machines are sorted by id; the simulator supports no other order of the API document. */
function list({ name: cloud, machines, clock }: Cloud, call: Call): Answer {
  const { query } = call;
  if (!['id', 'id:asc'].includes(query.get('sort') ?? 'id')) return errorAnswer(422, "invalid input in field 'sort'");
  const selector = query.get('label_selector');
  const selected = selector === null ? () => true : selectorIn(selector);
  if (selected === null) return errorAnswer(422, "invalid input in field 'label_selector'");
  const name = query.get('name');
  const status = query.getAll('status');
  const now = clock.now();
  const found = machines
    .listed(cloud, wanted(name, selector))
    .filter((machine) => (name === null || machine.label === name) && selected(machine.tags))
    .filter((machine) => status.length === 0 || status.includes(statusOf(machine, now)));
  return pageAnswer({ name: 'servers', items: found, bodyOf: (machine) => serverBody(machine, now) }, call);
}

/** The filter that leaves the fewest machines. */
function wanted(name: string | null, selector: string | null): Wanted {
  if (name !== null) return { name };
  const tag = selector === null ? null : tagWantedBy(selector);
  return tag === null ? null : { tag };
}

async function create(cloud: Cloud, call: Call, made: (machine: Machine) => void): Promise<Answer> {
  const asked = orderIn(call.body);
  if ('error' in asked) return asked.error;
  await cloud.clock.wait(cloud.behaviour.createMs);
  if (cloud.machines.isNamed(cloud.name, asked.order.label)) return taken('server');
  const { machine, durable } = cloud.machines.make({
    ...asked.order,
    cloud: cloud.name,
    client: call.client,
    ...call.hints,
  });
  made(machine);
  await durable;
  const now = cloud.clock.now();
  const body = {
    server: serverBody(machine, now),
    action: actionBody(machine, 'create_server', now),
    next_actions: [actionBody(machine, 'start_server', now)],
    root_password: randomBytes(12).toString('base64'),
  };
  return { status: 201, body };
}

function get({ name, machines, clock }: Cloud, { id }: Call): Answer {
  const machine = machines.withSerial(name, Number(id));
  if (machine?.removedAt !== null) return absent();
  return { status: 200, body: { server: serverBody(machine, clock.now()) } };
}

async function remove({ name, machines, clock }: Cloud, { id }: Call): Promise<Answer> {
  const machine = machines.withSerial(name, Number(id));
  if (machine?.removedAt !== null) return absent();
  if (isLocked(machine, clock.now())) return locked();
  await machines.remove(machine.id);
  return { status: 200, body: { action: actionBody(machine, 'delete_server', clock.now()) } };
}
