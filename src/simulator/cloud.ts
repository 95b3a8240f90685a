import { timingSafeEqual } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Call, Subject } from './dialect.ts';
import type { Machine } from './machine.ts';
import type { MachineStore } from './machine-store.ts';
import type { Behaviour } from './options.ts';

/** The simulated cloud behind one dialect. */
export interface Cloud {
  /** The dialect's name in the list, which is stored with its machines. */
  readonly name: string;
  readonly machines: MachineStore;
  readonly behaviour: Behaviour;
  readonly clock: Clock;
}

/** Whether the call has one of the simulator's API keys, as a Bearer token or as a Basic user without a password. */
export function hasKey({ behaviour }: Cloud, { authorization }: Call): boolean {
  const given = Buffer.from(keyIn(authorization ?? ''));
  const keys = behaviour.apiKeys.map((key) => Buffer.from(key));
  return keys.some((key) => key.length === given.length && timingSafeEqual(key, given));
}

function keyIn(authorization: string): string {
  const [, scheme = '', text = ''] = /^(Bearer|Basic) (.+)$/i.exec(authorization) ?? [];
  return scheme.toLowerCase() === 'basic' ? Buffer.from(text, 'base64').toString().replace(/:$/, '') : text;
}

/** The machine in the call's path; without one, the label and region in these fields of the body or query. */
export function subjectOf(call: Call, machine: Machine | null, fields: { label: string; region: string }): Subject {
  if (machine !== null) return { machineId: machine.id, label: machine.label, region: machine.region };
  return { machineId: call.id || null, label: textIn(call, fields.label), region: textIn(call, fields.region) };
}

function textIn({ body, query }: Call, field: string): string | null {
  const ordered = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  const given = ordered.find(([name, value]) => name === field && typeof value === 'string')?.[1];
  return given ?? query.get(field);
}
