import type { ServerStatus } from '#db/model.ts';
import type { Problem, ProblemKind } from '#src/http/problems/problem.ts';

/** The words of the customer's page. Customers know no jobs, machines and standings. */

export interface StateText {
  readonly title: string;
  readonly text: string;
  readonly tone: 'good' | 'busy' | 'bad' | 'calm';
}

export const stateTexts = {
  installing: {
    title: 'Your server is being set up',
    text: 'You have nothing to do. This page shows when it is ready.',
    tone: 'busy',
  },
  running: { title: 'Your server is ready', text: 'Your devices can connect.', tone: 'good' },
  rebuilding: {
    title: 'Your server is being rebuilt',
    text: 'It goes on working while the new one is prepared.',
    tone: 'busy',
  },
  suspending: { title: 'Your server is being paused', text: 'Devices cannot connect meanwhile.', tone: 'busy' },
  suspended: { title: 'Your server is paused', text: 'Devices cannot connect. Your keys are kept.', tone: 'calm' },
  resuming: {
    title: 'Your server is coming back',
    text: 'You have nothing to do. This page shows when it is ready.',
    tone: 'busy',
  },
  destroying: { title: 'Your server is being removed', text: 'Devices cannot connect any more.', tone: 'busy' },
  destroyed: {
    title: 'Your server has been removed',
    text: 'Devices cannot connect any more, and its keys are deleted.',
    tone: 'calm',
  },
  failed: {
    title: 'Your server could not be set up',
    text: 'The people who run it have been told. You have nothing to do.',
    tone: 'bad',
  },
} as const satisfies Record<ServerStatus, StateText>;

/** Why a server is paused. Other reasons are for the operator, and the customer has to ask. */
const pauseReasons: Readonly<Record<string, string>> = {
  'past-due': 'A payment is overdue.',
  'awaiting-payment': 'A payment has not arrived yet.',
  paused: 'The subscription is paused.',
  refunded: 'The payment was given back.',
  disputed: 'The payment is disputed at the bank.',
  'dispute-lost': 'The payment was given back by the bank.',
};

export function pauseReason(heldReason: string | null): string {
  return ownText(pauseReasons, heldReason) ?? 'Ask the shop where you bought it for the reason.';
}

/** It does not say that nothing was changed: an error at the commit leaves that unknown. */
const later = 'Something is wrong on our side. Try again in a few minutes.';
const refusals: Readonly<Partial<Record<ProblemKind, string>>> = {
  'not-allowed-now': 'Your server cannot do this now. Its state is shown above.',
  'device-not-ready': 'This device can connect after the next rebuild of the server.',
  'not-offered': 'This place is not available now. Choose another one.',
  'not-found': 'There is nothing to change: it is gone already.',
  gone: 'Your server has been removed.',
  'key-reused': 'A rebuild has already been asked for.',
  'payments-unavailable': 'Stripe does not answer now. Try again in a few minutes.',
  'too-many-requests': 'Too many requests came from your address. Wait a minute, and try again.',
  malformed: 'The request did not arrive as a whole. Try again.',
  'body-too-large': 'That was too much text. Use less.',
};

const fieldNames: Readonly<Record<string, string>> = {
  '/label': 'The name',
  '/device': 'The number of the device',
  '/at': 'The time',
  '/zone': 'The time zone',
  '/every': 'The interval',
  '/weekday': 'The day of the week',
  '/day': 'The day of the month',
  '/location': 'The place',
};

/** What the customer reads instead of the problem, which is written for programmers. */
export function problemText({ kind, members }: Problem): string {
  if (kind !== 'invalid-body' && kind !== 'invalid-parameters') return refusals[kind] ?? later;
  const [first] = Array.isArray(members.errors) ? members.errors : [];
  const name = fieldNames[String(first?.pointer)] ?? 'A field';
  return `${name} ${String(first?.detail ?? 'is not valid')}.`;
}

/** What the page says after a form was sent. */
const doneTexts: Readonly<Record<string, string>> = {
  name: 'The name is saved.',
  rebuild: 'The rebuild has been asked for.',
  schedule: 'The regular rebuilds are saved.',
  'schedule-off': 'The regular rebuilds are switched off.',
  stale: 'The page was out of date, so nothing was asked for a second time. This is the present state.',
};

export function doneMessage(done: string | null): string | null {
  return ownText(doneTexts, done);
}

/** Not those that every object has: anybody can write `?done=constructor`. */
function ownText(texts: Readonly<Record<string, string>>, name: string | null): string | null {
  return name !== null && Object.hasOwn(texts, name) ? (texts[name] ?? null) : null;
}
