import { z } from 'zod';
import type { Cloud } from '#src/simulator/cloud.ts';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import type { Firewall } from '#src/simulator/firewall.ts';
import { errorAnswer, taken } from './errors.ts';
import { labelsSchema } from './labels.ts';
import { pageAnswer } from './paging.ts';

/** /firewalls: our driver marks the project with a firewall, so these calls have the operation `account`. */
export function firewallRoutes(cloud: Cloud): readonly Route[] {
  return [
    { method: 'get', path: '/firewalls', operation: 'account', act: (call) => list(cloud, call) },
    { method: 'post', path: '/firewalls', operation: 'account', act: (call) => create(cloud, call) },
  ];
}

const createSchema = z.strictObject({
  name: z.string().min(1).max(128),
  labels: labelsSchema.default({}),
  rules: z.array(z.never()).optional(),
  apply_to: z.array(z.never()).optional(),
});

function list({ machines }: Cloud, call: Call): Answer {
  const name = call.query.get('name');
  const named = machines.firewalls().filter((firewall) => name === null || firewall.name === name);
  return pageAnswer({ name: 'firewalls', items: named, bodyOf: firewallBody }, call);
}

async function create({ machines }: Cloud, { body }: Call): Promise<Answer> {
  const parsed = createSchema.safeParse(body);
  if (!parsed.success) return errorAnswer(422, parsed.error.issues.map(({ message }) => message).join('; '));
  const { name, labels } = parsed.data;
  if (machines.firewalls().some((firewall) => firewall.name === name)) return taken('firewall');
  const firewall = await machines.makeFirewall(name, labels);
  return { status: 201, body: { firewall: firewallBody(firewall), actions: [] } };
}

function firewallBody({ serial, name, labels, createdAt }: Firewall) {
  return { id: serial, name, labels, created: new Date(createdAt).toISOString(), rules: [], applied_to: [] };
}
