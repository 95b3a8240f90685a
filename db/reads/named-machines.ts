import { isIPv4 } from 'node:net';
import { typesWithMachines } from '#db/events.ts';
import { literal } from '#db/literal.ts';
import { serverIn } from '#db/model.ts';
import { and, desc, eq, inArray } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { EventRow } from '#db/tables.ts';
import { mostShown, type Named, newest, nothing, ofJob, shown, writtenWith } from './named-events.ts';

/** Of a machine, by the provider's id, the id of its row, or its name. */
export function* ofMachine(context: Context, value: string): Steps<Named> {
  const about = yield* newest(context, eq(context.t.events.subject, value), mostShown);
  const named = (yield* rowOfMachine(context, value)) ?? machineIn(about) ?? (yield* prunedMachine(context, value));
  if (named === null) return { ...nothing, events: about };
  const found = yield* ofNamed(context, named);
  const events = new Map([...about, ...found.events].map((event) => [event.uid, event]));
  return { ...found, events: [...events.values()] };
}

/** A machine by its name, and its server. */
interface NamedMachine {
  readonly serverId: string;
  readonly name: string;
}

function* rowOfMachine({ db, t: { machines } }: Context, value: string): Steps<NamedMachine | null> {
  for (const column of [machines.id, machines.name, machines.providerId]) {
    const named = { serverId: machines.serverId, name: machines.name };
    const [row] = yield* ask(
      db.select(named).from(machines).where(eq(column, value)).orderBy(desc(machines.id)).limit(1),
    );
    if (row) return row;
  }
  return null;
}

/** The machine that the newest of these events put into service. */
function machineIn(events: readonly EventRow[]): NamedMachine | null {
  const [named] = events.flatMap((event) => machinesIn(event));
  return named ?? null;
}

function* prunedMachine(context: Context, value: string): Steps<NamedMachine | null> {
  const server = serverIn(value);
  const near = server ? [server.id] : (yield* writtenWith(context, value)).map(({ serverId }) => serverId ?? '');
  for (const serverId of new Set(near)) {
    const found = (yield* machineEvents(context, serverId)).flatMap(machinesIn);
    const named = found.find(({ id, name }) => id === value || name === value);
    if (named) return named;
  }
  return null;
}

/** A server that is rebuilt each day has as many in six years. */
const mostSearched = 5_000;

function machineEvents(context: Context, serverId: string): Steps<EventRow[]> {
  const { serverId: server, type } = context.t.events;
  return newest(context, and(eq(server, serverId), inArray(type, [...typesWithMachines])), mostSearched);
}

/** The events that put this machine into service or removed it. */
function* ofNamed(context: Context, { serverId, name }: NamedMachine): Steps<Named> {
  const found = (yield* machineEvents(context, serverId)).filter((event) => namesIn(event).includes(name));
  return { ...shown(found), serverId, machine: name };
}

function namesIn(event: EventRow): unknown[] {
  const { name } = event.detail as { readonly name?: unknown };
  return [name, ...machinesIn(event).map((named) => named.name)];
}

interface ShownMachine extends NamedMachine {
  readonly id?: string;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
}

/** The machines that came or went with the end of a job. */
function machinesIn({ serverId, detail }: EventRow): ShownMachine[] {
  // Only settles write this field.
  const { machines = [] } = detail as { readonly machines?: readonly Omit<ShownMachine, 'serverId'>[] };
  return serverId === null ? [] : machines.map((machine) => ({ ...machine, serverId }));
}

/** Of the newest machine that has or had the address: IPv6 in the short form of RFC 5952. */
export function* ofAddress(context: Context, address: string): Steps<Named> {
  const named = (yield* rowAt(context, address)) ?? (yield* prunedAt(context, address));
  return named ? yield* ofNamed(context, named) : nothing;
}

function* rowAt({ db, t: { machines } }: Context, address: string): Steps<NamedMachine | null> {
  const column = isIPv4(address) ? machines.ipv4 : machines.ipv6;
  const named = { serverId: machines.serverId, name: machines.name };
  const [row] = yield* ask(
    db.select(named).from(machines).where(eq(column, address)).orderBy(desc(machines.id)).limit(1),
  );
  return row ?? null;
}

function* prunedAt(context: Context, address: string): Steps<NamedMachine | null> {
  const { db, t } = context;
  const { jobId, target, operation } = t.calls;
  const answered = and(eq(target, address), eq(operation, literal('answer')));
  const [call] = yield* ask(db.select({ jobId }).from(t.calls).where(answered).orderBy(desc(jobId)).limit(1));
  if (!call) return null;
  const found = (yield* ofJob(context, call.jobId)).events.flatMap(machinesIn);
  return found.find(({ ipv4, ipv6 }) => ipv4 === address || ipv6 === address) ?? null;
}
