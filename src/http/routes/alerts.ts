import { z } from 'zod';
import { advised, factOf, severities } from '#queues/alerts/advice.ts';
import type { Alert } from '#queues/alerts/alert.ts';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';

export const alertShape = z
  .object({
    id: z.string(),
    kind: z.string().meta({ description: 'docs/runbook.md has a section for each kind.' }),
    severity: z.enum(severities).meta({
      description: 'critical: customers lose something now, or within minutes; warning: a person has to look today.',
    }),
    subject: z.string().meta({ description: '`more`: the alert says how many others of its kind there are.' }),
    message: z.string(),
    nextStep: z.string().meta({ description: 'What to do first.' }),
    runbook: z.string().meta({ description: 'The section about it.', example: 'docs/runbook.md#sale-stopped' }),
    serverId: z.string().nullable().meta({ description: 'The server that it concerns.' }),
    jobId: z.string().nullable().meta({ description: 'The job that it concerns.' }),
    reference: z.string().nullable().meta({ description: 'The shop’s own reference of the server.' }),
    adoptedBy: z.enum(['rebuild', 'resume']).nullable().meta({
      description: 'The command after which the server uses the machine of the alert; null: it needs none.',
    }),
    by: z
      .string()
      .nullable()
      .meta({ description: 'The token that has switched something off, if the alert is about that.' }),
    reason: z.string().nullable().meta({ description: 'Why it was switched off.' }),
    raisedAt: instant,
  })
  .meta({ id: 'Alert' });

const list = route({
  method: 'get',
  path: '/v1/alerts',
  access: 'alerts:read',
  summary: 'List the current alerts',
  description:
    'An alert is a condition that needs an operator. It is listed until the condition has ended. Of each kind, the oldest 100 are listed, and one alert says how many more there are.',
  answers: { 200: { description: 'All current alerts', body: z.object({ items: z.array(alertShape) }) } },
  handle: async (_, { alerts }) => reply(200, { items: (await alerts()).map(showAlert) }),
});

function showAlert(alert: Alert): z.output<typeof alertShape> {
  const { id, kind, severity, subject, message, nextStep, runbook, serverId, jobId, reference } = advised(alert);
  const [by, reason] = [factOf(alert.detail, 'by'), factOf(alert.detail, 'reason')];
  const about = { serverId, jobId, reference, adoptedBy: adoptionIn(alert), by, reason };
  return { id, kind, severity, subject, message, nextStep, runbook, ...about, raisedAt: alert.raisedAt.toISOString() };
}

function adoptionIn({ detail }: Alert): 'rebuild' | 'resume' | null {
  const command = factOf(detail, 'adoptedBy');
  return command === 'rebuild' || command === 'resume' ? command : null;
}

export const alertRoutes = [list];
