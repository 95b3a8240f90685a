import { variable, wholeNumber } from './variable.ts';

const days = wholeNumber(1, 36_500);
const mustBe = 'days, from 1 to 36500';

/** How long rows that nothing needs any more stay in the database. Purchases and the history stay for good. */
export const keptVariables = {
  ANSWERS_KEPT_DAYS: variable(days, {
    fallback: '7',
    mustBe,
    about: 'How long the answer of a call with an Idempotency-Key is kept. A later repetition of the call runs again.',
    processes: ['worker'],
  }),
  DELIVERIES_KEPT_DAYS: variable(wholeNumber(30, 36_500), {
    fallback: '30',
    mustBe: 'days, from 30 to 36500: a replay reaches back 30 days, and asks which deliveries there were',
    about:
      'How long the delivery of an event to a webhook is kept after the event, unless it still waits. At least the 30 days that a replay reaches back.',
    processes: ['worker'],
  }),
  JOBS_KEPT_DAYS: variable(days, {
    fallback: '90',
    mustBe,
    about:
      'How long a closed job is kept, unless it is the last of its server. At most SERVERS_KEPT_DAYS. The history, which stays for good, says the same in short.',
    processes: ['worker'],
  }),
  SERVERS_KEPT_DAYS: variable(days, {
    fallback: '400',
    mustBe,
    about: 'How long a destroyed server, and a machine that is gone, are kept. The purchase and the history stay.',
    processes: ['worker'],
  }),
} as const;
