import type { Route } from '#src/http/route.ts';
import type { Preview } from '#src/http/shapes/preview.ts';

type Would = Preview['would'];

/** What the call would do, in sentences for people. */
export function summaryOf({ summary }: Pick<Route, 'summary'>, would: Omit<Would, 'summary'>): string {
  const { makes, removes, cancels, events } = would;
  if (events.length === 0) return `${summary}: nothing would change.`;
  const sentences = [
    `${summary}.`,
    ...makes.map((machine) => `A machine with plan ${machine.plan} in ${machine.location}${costOf(machine)} is made.`),
    ...removes.map(
      ({ name, location, ipv4 }) => `Machine ${name} in ${location} (${ipv4 ?? 'no address'}) is removed.`,
    ),
    ...cancels.map((id) => `Job ${id} is cancelled.`),
  ];
  return sentences.join(' ');
}

function costOf({ monthlyCost }: Would['makes'][number]): string {
  return monthlyCost ? `, for ${monthlyCost.amount} ${monthlyCost.currency} a month,` : '';
}
