import express, { type Router } from 'express';
import { z } from 'zod';
import type { CallLog } from './call-log.ts';
import type { Clock } from './clock.ts';
import { cloudNames } from './dialects.ts';
import { faultRuleSchema } from './fault-rule.ts';
import type { Faults } from './faults.ts';
import { isAnswering, isListed, type Machine, stateOf } from './machine.ts';
import type { MachineStore } from './machine-store.ts';
import type { Pipeline } from './pipeline.ts';
import type { RecordStore } from './record-store.ts';

/** Machines that no API call ordered, such as those of another customer or of a lost database. */
const plantedSchema = z.strictObject({
  machines: z
    .array(
      z.strictObject({
        label: z.string(),
        tags: z.array(z.string()).default([]),
        cloud: z.enum(cloudNames).default('vultr'),
        region: z.string().default('fra'),
        plan: z.string().default('vc2-1c-1gb'),
      }),
    )
    .min(1)
    .max(1000),
});
const plantedFields = { osId: 2136, userData: null, ipv6: false, hostname: 'planted', client: 'control', bootMs: 0 };
const sinceSchema = z.coerce.number().int().min(0).default(0);

/** The control API, for tests and demonstrations: injects faults and shows what happened. It needs no key. */
export function controlRouter(pipeline: Pipeline, machines: MachineStore): Router {
  const { faults, calls, workload, clock } = pipeline;
  const router = express.Router();
  addFaultRoutes(router, faults);
  addMachineRoutes(router, machines, clock);
  addLogRoutes(router, calls, machines.records);
  router.get('/concurrency', (_request, response) => {
    response.json(workload.load());
  });
  router.post('/reset', async (_request, response) => {
    faults.clear();
    calls.clear();
    workload.reset();
    await machines.reset();
    response.status(204).end();
  });
  router.use((request, response) => {
    response.status(404).json({ error: `The control API has no ${request.method} ${request.originalUrl}.` });
  });
  return router;
}

function addFaultRoutes(router: Router, faults: Faults): void {
  router.get('/faults', (_request, response) => {
    response.json({ faults: faults.all() });
  });
  router.post('/faults', (request, response) => {
    const rule = faultRuleSchema.safeParse(request.body);
    if (!rule.success) return void response.status(400).json(invalid('The fault rule is invalid.', rule.error));
    response.status(201).json({ fault: faults.add(rule.data) });
  });
  router.delete('/faults', (_request, response) => {
    faults.clear();
    response.status(204).end();
  });
  router.delete('/faults/:id', (request, response) => {
    if (faults.remove(request.params.id)) return void response.status(204).end();
    response.status(404).json({ error: `There is no fault rule "${request.params.id}".` });
  });
}

function addMachineRoutes(router: Router, machines: MachineStore, clock: Clock): void {
  router.get('/machines', (_request, response) => {
    response.json({ machines: machines.all().map((machine) => described(machine, clock.now())) });
  });
  router.post('/machines', async (request, response) => {
    const planted = plantedSchema.safeParse(request.body);
    if (!planted.success) return void response.status(400).json(invalid('The machines are invalid.', planted.error));
    const made = planted.data.machines.map((order) => machines.make({ ...plantedFields, ...order }));
    await Promise.all(made.map(({ durable }) => durable));
    response.status(201).json({ machines: made.map(({ machine }) => described(machine, clock.now())) });
  });
  router.delete('/machines/:id', async (request, response) => {
    if (!machines.get(request.params.id))
      return void response.status(404).json({ error: `There is no machine "${request.params.id}".` });
    await machines.remove(request.params.id);
    response.status(204).end();
  });
}

function addLogRoutes(router: Router, calls: CallLog, records: RecordStore): void {
  router.get('/records', (_request, response) => {
    response.json({ records: records.all() });
  });
  router.get('/record-changes', (request, response) => {
    const since = sinceSchema.safeParse(request.query.since);
    if (!since.success) return void response.status(400).json(invalid('since is the seq of a change.', since.error));
    response.json({ changes: records.changesSince(since.data) });
  });
  router.get('/calls', (request, response) => {
    const since = sinceSchema.safeParse(request.query.since);
    if (!since.success) return void response.status(400).json(invalid('since is the seq of a call.', since.error));
    response.json({ calls: calls.since(since.data) });
  });
}

/** Without user data and the WireGuard made from it, which contain keys. */
function described(machine: Machine, now: number) {
  const { userData: _, wireguard, ...shown } = machine;
  return {
    ...shown,
    vpn: wireguard && { port: wireguard.port, answers: isAnswering(machine, now) },
    answersAt: iso(machine.answersAt),
    state: stateOf(machine, now),
    listed: isListed(machine, now),
    createdAt: iso(machine.createdAt),
    readyAt: iso(machine.readyAt),
    listedAt: iso(machine.listedAt),
    lockedUntil: iso(machine.lockedUntil),
    removedAt: iso(machine.removedAt),
  };
}

function iso(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

function invalid(error: string, { issues }: z.ZodError) {
  return { error, issues: issues.map(({ path, message }) => ({ path: path.join('.'), message })) };
}
