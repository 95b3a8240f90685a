import { randomBytes } from 'node:crypto';
import type { Cloud } from '#src/simulator/cloud.ts';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import { isLocked, type Machine } from '#src/simulator/machine.ts';
import { absent, errorAnswer, locked, taken } from './errors.ts';
import { labelsOf, selectorIn } from './labels.ts';
import { orderIn } from './order.ts';
import { pageAnswer } from './paging.ts';
import { actionBody, serverBody } from './server-body.ts';

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
  const bodies = machines
    .listed(cloud)
    .filter((machine) => (name === null || machine.label === name) && selected(labelsOf(machine.tags)))
    .map((machine) => serverBody(machine, clock.now()))
    .filter((body) => status.length === 0 || status.includes(body.status));
  return pageAnswer('servers', bodies, call);
}

async function create(cloud: Cloud, call: Call, made: (machine: Machine) => void): Promise<Answer> {
  const asked = orderIn(call.body);
  if ('error' in asked) return asked.error;
  await cloud.clock.wait(cloud.behaviour.createMs);
  if (isTaken(cloud, asked.order.label)) return taken('server');
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

/** Machines that no list shows yet count too. */
function isTaken({ name, machines }: Cloud, label: string): boolean {
  return machines.all().some((one) => one.cloud === name && one.removedAt === null && one.label === label);
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
