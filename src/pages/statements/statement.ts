import type { Statement } from '#src/cli/api/bodies.ts';
import { sums } from '#src/cli/print/texts.ts';
import { type Html, html } from '#src/html/html.ts';
import { idLink } from '#src/html/id-link.ts';
import { type Columns, facts, table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import type { Page } from '#src/pages/page.ts';
import { serverPath, statementsPath, subscriptionPath } from '#src/pages/paths.ts';

type Body = Statement['statement'];

export const statementPage: Page = {
  path: `${statementsPath}/:day`,
  show: async ({ api, params }) => {
    const { day, digest, statement } = await api.call<Statement>('GET /v1/statements/{day}', { params });
    const { owed, servedUnpaid, payingForNothing, held } = statement;
    const server = ({ serverId }: { serverId: string }) => idLink(serverId, serverPath(serverId));
    const subscription = (one: { subscriptionId: string }) =>
      idLink(one.subscriptionId, subscriptionPath(one.subscriptionId));
    const body = html`${sumsOf(statement, digest)}${usageOf(statement.usage)}
${listOf('Paid for, and without a running server', owed, {
  Server: server,
  Status: ({ status }) => status,
  Since: ({ since }) => time(since),
})}
${listOf('Served, and not paid for', servedUnpaid, {
  Server: server,
  Subscription: subscription,
  Standing: ({ standing }) => standing,
})}
${listOf('Paying for nothing', payingForNothing, { Subscription: subscription, Since: ({ since }) => time(since) })}
${listOf('Held', held, { Subscription: subscription, Hold: ({ hold }) => hold, Since: ({ since }) => time(since) })}`;
    return { title: `Statement of ${day}`, body };
  },
};

function sumsOf(statement: Body, digest: string): Html {
  const { zone, complete, machines, events } = statement;
  return facts({
    'Time zone': zone,
    Complete: complete ? 'yes' : 'no: something is not known',
    Machines: machines
      ? `${machines.billed} billed, ${machines.owned} owned, ${machines.unknown} unknown, ${machines.missing} missing`
      : 'unknown',
    Cost: sums(statement.cost),
    'Cost without a server': sums(statement.orphanCost),
    Paid: sums(statement.paid),
    Refunded: sums(statement.refunded),
    Disputed: sums(statement.disputed),
    Margin: sums(statement.margin),
    Estimate: statement.estimate,
    Events: events,
    Written: time(statement.writtenAt),
    Digest: html`<code>${digest}</code>`,
  });
}

function usageOf(usage: Body['usage']): Html | null {
  if (usage === null || usage.length === 0) return null;
  return html`<h2>Machines by plan</h2>${table('Machines by plan', usage, {
    Plan: ({ plan }) => plan,
    Provider: ({ provider }) => provider,
    'Has a server': ({ isOrphan }) => (isOrphan ? 'no' : 'yes'),
    Hours: ({ hours }) => hours.toFixed(1),
    Cost: ({ cost }) => sums(cost && [cost]),
  })}`;
}

/** The heading has the count, since the list has at most 100. An empty list is left out. */
function listOf<Row>(
  heading: string,
  { count, first }: { readonly count: number; readonly first: readonly Row[] },
  columns: Columns<Row>,
): Html | null {
  return count === 0 ? null : html`<h2>${heading}: ${count}</h2>${table(heading, first, columns)}`;
}
