import { randomBytes } from 'node:crypto';
import type { Cloud } from '#src/simulator/cloud.ts';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import { isLocked, type Machine } from '#src/simulator/machine.ts';
import type { Wanted } from '#src/simulator/machine-table.ts';
import { absent, errorAnswer, locked } from './errors.ts';
import { addressOf, instanceBody } from './instance-body.ts';
import { changeIn, orderIn } from './order.ts';
import { pageAnswer } from './paging.ts';

/** /instances and the paths below. */
export function instanceRoutes(cloud: Cloud): readonly Route[] {
  return [
    { method: 'get', path: '/instances', operation: 'list', act: (call) => list(cloud, call) },
    { method: 'post', path: '/instances', operation: 'create', act: (call, made) => create(cloud, call, made) },
    { method: 'get', path: '/instances/:id', operation: 'get', act: (call) => get(cloud, call) },
    { method: 'patch', path: '/instances/:id', operation: 'update', act: (call) => update(cloud, call) },
    { method: 'get', path: '/instances/:id/user-data', operation: 'user-data', act: (call) => userData(cloud, call) },
    { method: 'delete', path: '/instances/:id', operation: 'delete', act: (call) => remove(cloud, call) },
  ];
}

function list({ name, machines, clock }: Cloud, { query }: Call): Answer {
  const now = clock.now();
  const found = machines.listed(name, wanted(query)).filter(filterIn(query, now));
  const rows = { items: found, placeOf: ({ serial }: Machine) => serial };
  return pageAnswer({ ...rows, name: 'instances', bodyOf: (machine) => instanceBody(machine, now) }, query);
}

/** The filter that leaves the fewest machines. */
function wanted(query: URLSearchParams): Wanted {
  const [name, tag] = [query.get('label'), query.get('tag')];
  if (name !== null) return { name };
  return tag === null ? null : { tag };
}

function filterIn(query: URLSearchParams, now: number): (machine: Machine) => boolean {
  const [label, tag, region, address] = [
    query.get('label'),
    query.get('tag'),
    query.get('region'),
    query.get('main_ip'),
  ];
  return (machine) =>
    (label === null || machine.label === label) &&
    (tag === null || machine.tags.includes(tag)) &&
    (region === null || machine.region === region) &&
    (address === null || addressOf(machine, now) === address);
}

async function create(cloud: Cloud, call: Call, made: (machine: Machine) => void): Promise<Answer> {
  const order = orderIn(call.body);
  if (typeof order === 'string') return errorAnswer(400, order);
  await cloud.clock.wait(cloud.behaviour.createMs);
  const { machine, durable } = cloud.machines.make({ ...order, cloud: cloud.name, client: call.client, ...call.hints });
  made(machine);
  await durable;
  const instance = {
    ...instanceBody(machine, cloud.clock.now()),
    default_password: randomBytes(12).toString('base64'),
  };
  return { status: 202, body: { instance } };
}

function get({ machines, clock }: Cloud, { id }: Call): Answer {
  const machine = machines.get(id);
  return machine === null ? absent() : { status: 200, body: { instance: instanceBody(machine, clock.now()) } };
}

function userData({ machines }: Cloud, { id }: Call): Answer {
  const machine = machines.get(id);
  return machine === null ? absent() : { status: 200, body: { user_data: { data: machine.userData ?? '' } } };
}

async function update({ machines, clock }: Cloud, { id, body }: Call): Promise<Answer> {
  const change = changeIn(body);
  if (typeof change === 'string') return errorAnswer(400, change);
  const machine = await machines.change(id, change);
  return machine === null ? absent() : { status: 202, body: { instance: instanceBody(machine, clock.now()) } };
}

async function remove({ machines, clock }: Cloud, { id }: Call): Promise<Answer> {
  const machine = machines.get(id);
  if (machine === null) return absent();
  if (isLocked(machine, clock.now())) return locked();
  await machines.remove(id);
  return { status: 204 };
}
