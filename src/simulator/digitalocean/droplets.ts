import type { Cloud } from '#src/simulator/cloud.ts';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import type { Machine } from '#src/simulator/machine.ts';
import type { Wanted } from '#src/simulator/machine-table.ts';
import { dropletBody, hasPendingEvent, isVisible, tagsOf, visibleAfterMs } from './droplet-body.ts';
import { absent, errorAnswer, locked } from './errors.ts';
import { orderIn } from './order.ts';
import { pageAnswer } from './paging.ts';

/** /droplets and the paths below, without the call that deletes by tag. */
export function dropletRoutes(cloud: Cloud): readonly Route[] {
  return [
    { method: 'get', path: '/droplets', operation: 'list', act: (call) => list(cloud, call) },
    { method: 'post', path: '/droplets', operation: 'create', act: (call, made) => create(cloud, call, made) },
    { method: 'get', path: '/droplets/:id', operation: 'get', act: (call) => get(cloud, call) },
    { method: 'delete', path: '/droplets/:id', operation: 'delete', act: (call) => remove(cloud, call) },
  ];
}

function list({ name: cloud, machines, clock }: Cloud, call: Call): Answer {
  const [tag, name] = [call.query.get('tag_name'), call.query.get('name')];
  if (tag !== null && name !== null) return errorAnswer(422, 'tag_name and name cannot be combined.');
  const now = clock.now();
  const hasTag = (machine: Machine) => tagsOf(machine, now).some((one) => one.toLowerCase() === tag?.toLowerCase());
  const found = machines.listed(cloud, wanted(tag, name)).filter((machine) => tag === null || hasTag(machine));
  const listed = { name: 'droplets', items: found, path: '/droplets' };
  return pageAnswer({ ...listed, bodyOf: (machine) => dropletBody(machine, now) }, call);
}

/** Names and tags are compared in any case, as the index does. */
function wanted(tag: string | null, name: string | null): Wanted {
  if (name !== null) return { name };
  return tag === null ? null : { tag };
}

async function create(cloud: Cloud, call: Call, made: (machine: Machine) => void): Promise<Answer> {
  const order = orderIn(call.body);
  if (typeof order === 'string') return errorAnswer(422, order);
  await cloud.clock.wait(cloud.behaviour.createMs);
  const context = { cloud: cloud.name, client: call.client, listDelayMs: visibleAfterMs, ...call.hints };
  const { machine, durable } = cloud.machines.make({ ...order, ...context });
  made(machine);
  await durable;
  const action = { id: machine.serial, rel: 'create', href: `${call.base}/actions/${machine.serial}` };
  return { status: 202, body: { droplet: dropletBody(machine, cloud.clock.now()), links: { actions: [action] } } };
}

function get({ name, machines, clock }: Cloud, { id }: Call): Answer {
  const machine = existing(machines.withSerial(name, Number(id)));
  if (machine === null || !isVisible(machine, clock.now())) return absent();
  return { status: 200, body: { droplet: dropletBody(machine, clock.now()) } };
}

async function remove({ name, machines, clock }: Cloud, { id }: Call): Promise<Answer> {
  const machine = existing(machines.withSerial(name, Number(id)));
  if (machine === null) return absent();
  if (hasPendingEvent(machine, clock.now())) return locked();
  await machines.remove(machine.id);
  return { status: 204 };
}

function existing(machine: Machine | null): Machine | null {
  return machine?.removedAt === null ? machine : null;
}
