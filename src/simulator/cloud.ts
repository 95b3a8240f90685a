import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Call, Subject } from './dialect.ts';
import type { Machine } from './machine.ts';
import type { MachineStore } from './machine-store.ts';
import type { Behaviour } from './options.ts';

/** What every dialect works on. */
export interface Cloud {
  /** The dialect's name in the list; its machines are kept under it. */
  readonly name: string;
  readonly machines: MachineStore;
  readonly behaviour: Behaviour;
  readonly clock: Clock;
}

/** Whether the call bears one of the simulator's keys. */
export function hasKey({ behaviour }: Cloud, { authorization }: Call): boolean {
  const given = Buffer.from(/^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '');
  const known = behaviour.apiKeys.map((key) => Buffer.from(key));
  return known.some((key) => key.length === given.length && timingSafeEqual(key, given));
}

/** What the call is about: the machine that its path names, else what its body or query calls by these field names. */
export function subjectOf(call: Call, machine: Machine | null, fields: { label: string; region: string }): Subject {
  if (machine !== null) return { machineId: machine.id, label: machine.label, region: machine.region };
  return { machineId: call.id || null, label: saidIn(call, fields.label), region: saidIn(call, fields.region) };
}

function saidIn({ body, query }: Call, field: string): string | null {
  const ordered = bodySchema.safeParse(body).data?.[field];
  return typeof ordered === 'string' ? ordered : query.get(field);
}

const bodySchema = z.record(z.string(), z.unknown());
