import { type Alert, type AlertKind, isAlertKind } from './alert.ts';

/** `critical`: customers lose something now, or will within minutes. `warning`: a person has to look today. */
export const severities = ['critical', 'warning'] as const;
export type Severity = (typeof severities)[number];

interface Advice {
  readonly severity: Severity;
  /** One sentence; the runbook has the rest. */
  readonly nextStep: string;
}

/** Of every kind, how urgent it is and what to do first. */
const advice: Readonly<Record<AlertKind, Advice>> = {
  'paid-without-server': {
    severity: 'critical',
    nextStep: 'Read the job’s log. If it has failed, correct the cause and POST /v1/jobs/<job>/retry, or refund.',
  },
  'parked-job': {
    severity: 'critical',
    nextStep: 'Read the workers’ last log lines before the crash, then POST /v1/jobs/<job>/retry.',
  },
  'slow-removal': { severity: 'warning', nextStep: 'Read the job’s log; it has the provider’s error.' },
  'slow-rebuild': { severity: 'warning', nextStep: 'Read the job’s log; it has the step that the job waits for.' },
  'sale-stopped': { severity: 'warning', nextStep: 'POST /v1/sale {"open": true}, once the reason is gone.' },
  'queue-paused': {
    severity: 'critical',
    nextStep: 'POST /v1/queue {"paused": false}, or press Resume in Bull Board.',
  },
  'queue-failing': {
    severity: 'critical',
    nextStep: 'Correct the error of Redis that the message names, or restart the workers if it names none.',
  },
  'redis-unreachable': { severity: 'critical', nextStep: 'Bring Redis back; nothing else has to be restarted.' },
  'redis-unsafe': { severity: 'warning', nextStep: 'Correct the setting of Redis that the message names.' },
  'disk-full': { severity: 'critical', nextStep: 'Make room on the disk, or in the memory, that the message names.' },
  'disk-low': { severity: 'warning', nextStep: 'Make room before it is full; nothing has to be restarted.' },
  'no-worker': { severity: 'critical', nextStep: 'Start a worker, and read the last log lines of those that ended.' },
  'sold-out': { severity: 'warning', nextStep: 'Raise MAX_SERVERS and restart the API, to sell more.' },
  'payment-held': {
    severity: 'critical',
    nextStep: 'Correct what the message names, or POST /v1/subscriptions/<subject>/release.',
  },
  'double-subscription': {
    severity: 'warning',
    nextStep: 'Ask the customer; if one order was paid twice, cancel one at Stripe and refund it.',
  },
  'paying-for-nothing': {
    severity: 'warning',
    nextStep: 'Cancel the subscription at Stripe and refund it, or release it to make another server.',
  },
  'suspended-while-paying': {
    severity: 'warning',
    nextStep: 'POST /v1/servers/<server>/resume, or cancel the subscription at Stripe and refund what is due.',
  },
  'notices-waiting': {
    severity: 'critical',
    nextStep: 'Start a worker or resume the queue payments, or look at the alerts about Stripe.',
  },
  'stripe-refuses': {
    severity: 'critical',
    nextStep: 'Correct STRIPE_API_KEY or its rights, and restart API and workers.',
  },
  'stripe-unreachable': {
    severity: 'warning',
    nextStep: 'Look at Stripe’s status page and the network; nobody is suspended meanwhile.',
  },
  provider: { severity: 'critical', nextStep: 'Look at the provider’s status page, and at the key of the workers.' },
  'provider-refuses': {
    severity: 'critical',
    nextStep: 'Correct the rights of the key, or the account at the provider.',
  },
  'dns-refuses': {
    severity: 'critical',
    nextStep: 'Correct the token, the zone or the record that the message names.',
  },
  'ordering-stopped': {
    severity: 'critical',
    nextStep: 'Find out why new machines do not answer, then POST /v1/ordering/resume.',
  },
  'vpn-probe-blocked': {
    severity: 'critical',
    nextStep: 'Let the worker send UDP, or correct its VPN_PROBE_AT; nothing has to be restarted.',
  },
  'secrets-key': {
    severity: 'critical',
    nextStep: 'Restart this process, or put the key that the message names back as SECRETS_KEY_OLD.',
  },
  'vpn-keys-damaged': {
    severity: 'critical',
    nextStep: 'Take the keys of server <server> from a backup, as the runbook describes; or replace the server.',
  },
  'backup-old': { severity: 'warning', nextStep: 'Look why the last backup failed, and make one by hand.' },
  'plan-withdrawn': {
    severity: 'warning',
    nextStep: 'Agree with the customers on another plan, then POST /v1/servers/<server>/rebuild {"plan": …}.',
  },
  'schedules-paused': {
    severity: 'warning',
    nextStep: 'Read the errors of the rebuilds, correct the cause, then POST /v1/schedules/resume.',
  },
  'webhook-failing': {
    severity: 'warning',
    nextStep: 'Read the last errors in GET /v1/webhooks/<subject>/deliveries, and tell the consumer.',
  },
  'webhook-off': {
    severity: 'warning',
    nextStep: 'Have the consumer repaired, switch the webhook on, then POST /v1/webhooks/<subject>/replay.',
  },
  'no-capacity': { severity: 'warning', nextStep: 'Have the account’s limit raised, or wait until the plan is back.' },
  configuration: { severity: 'critical', nextStep: 'Compare the message with the environment of the workers.' },
  'unknown-machine': { severity: 'warning', nextStep: 'Find the machine’s owner before you remove it.' },
  'machine-missing': {
    severity: 'critical',
    nextStep: 'POST /v1/servers/<server>/rebuild gives the server a new machine.',
  },
  'machine-kept': {
    severity: 'warning',
    nextStep: 'Correct what the message names; the next inventory removes the machine.',
  },
};

/** Of these kinds some subjects are more urgent: no job is taken while Redis refuses to write, or is in cluster mode. */
const urgent = ['redis-unsafe:cluster', 'redis-unsafe:read-only'];

/** A worker of a newer version may have recorded another kind. */
const unknownKind: Advice = { severity: 'warning', nextStep: 'Read the message.' };

/** How urgent an alert is, whom it concerns, and what to do. */
export interface AdvisedAlert extends Alert, Advice {
  /** The section of the runbook about its kind. */
  readonly runbook: string;
  readonly serverId: string | null;
  readonly jobId: string | null;
  /** The shop's own reference of the server. */
  readonly reference: string | null;
}

export function advised(alert: Alert): AdvisedAlert {
  const { kind, subject, detail } = alert;
  const { nextStep } = adviceOn(kind);
  const [serverId, jobId, reference] = ['serverId', 'jobId', 'reference'].map((name) => factOf(detail, name));
  return {
    ...alert,
    severity: severityOf(alert),
    nextStep: nextStep
      .replace('<server>', serverId ?? '<server>')
      .replace('<job>', jobId ?? '<job>')
      .replace('<subject>', subject),
    runbook: `docs/runbook.md#${kind}`,
    serverId: serverId ?? null,
    jobId: jobId ?? null,
    reference: reference ?? null,
  };
}

/** How urgent an alert is. Without an id, how urgent most alerts of the kind are. */
export function severityOf({ id, kind }: Pick<Alert, 'kind'> & Partial<Pick<Alert, 'id'>>): Severity {
  return id !== undefined && urgent.includes(id) ? 'critical' : adviceOn(kind).severity;
}

function adviceOn(kind: string): Advice {
  return isAlertKind(kind) ? advice[kind] : unknownKind;
}

/** A text in an alert's detail; null: there is none. */
export function factOf(detail: unknown, name: string): string | null {
  if (typeof detail !== 'object' || detail === null) return null;
  const fact: unknown = Reflect.get(detail, name);
  return typeof fact === 'string' ? fact : null;
}
