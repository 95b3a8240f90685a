import type { FoundMachine, PageOf, Schedule, ServerInFull } from '#src/cli/api/bodies.ts';
import { money } from '#src/cli/print/texts.ts';
import { type Html, html } from '#src/html/html.ts';
import { copiedText, idLink } from '#src/html/id-link.ts';
import { facts, table } from '#src/html/table.ts';
import { time } from '#src/html/time.ts';
import { ifFound } from '#src/pages/if-found.ts';
import { liveJob } from '#src/pages/jobs/live-job.ts';
import type { Page, Visit } from '#src/pages/page.ts';
import { customerPath, serverPath, subscriptionPath } from '#src/pages/paths.ts';
import { scheduleForm } from '#src/pages/schedules/schedule-form.ts';
import { scheduleText } from '#src/pages/schedules/schedules.ts';
import { serverBadge } from '#src/pages/tones.ts';
import { commandsHtml } from './commands.ts';
import { linksHtml } from './links.ts';
import { storyHtml } from './story.ts';
import { vpnHtml } from './vpn.ts';

export const serverPage: Page = {
  path: `${serverPath('')}:id`,
  show: async (visit) => {
    const { api, params } = visit;
    const server = await api.call<ServerInFull>('GET /v1/servers/{id}', { params });
    // Awaited together: a rejection that nothing awaits yet would end the process.
    const [schedule, machines, vpn, commands, links, story] = await Promise.all([
      ifFound(api.call<Schedule>('GET /v1/servers/{id}/schedule', { params })),
      machinesHtml(visit, server.id),
      vpnHtml(visit, server),
      commandsHtml(visit, server),
      linksHtml(visit, server),
      storyHtml(visit, server.id),
    ]);
    return {
      title: `Server ${server.id}`,
      body: html`${factsOf(server, schedule)}
${server.openJobs.map(liveJob)}
${commands}
${scheduleForm(visit, server.id, schedule)}
${machines}
${vpn}
${links}
${story && html`<h2>Story</h2>${story}`}`,
    };
  },
};

function factsOf(server: ServerInFull, schedule: Schedule | null): Html {
  const { status, customer, reference, hostname, location, plan, subscriptionId, heldReason, machine } = server;
  const price = money(server.monthlyCost);
  return html`<section class="sheet" aria-label="The server">${facts({
    Status: serverBadge(status),
    ...(heldReason !== null && { 'Held because': heldReason }),
    Customer: html`<a href="${customerPath(customer)}">${customer}</a>`,
    Reference: reference,
    Name: copiedText(hostname),
    Address: machine?.ipv4 ? html`${copiedText(machine.ipv4)} ${machine.ipv6 ? copiedText(machine.ipv6) : null}` : null,
    Location: location,
    Plan: price === null ? plan : `${plan}, ${price} a month`,
    Subscription: subscriptionId === null ? null : idLink(subscriptionId, subscriptionPath(subscriptionId)),
    Schedule: schedule && scheduleSentence(schedule),
    Bought: time(server.createdAt),
    Changed: time(server.updatedAt),
  })}</section>`;
}

function scheduleSentence(schedule: Schedule): Html {
  const [first] = schedule.next;
  const state = schedule.paused ? 'paused' : html`next at ${first ? time(first) : 'no time'}`;
  return html`Rebuilt ${scheduleText(schedule)}, ${state}`;
}

/** null: the session may not read them. */
async function machinesHtml({ api }: Visit, server: string): Promise<Html | null> {
  if (!api.may('GET /v1/machines')) return null;
  const query = { server, limit: '50' };
  const { items } = await api.call<PageOf<FoundMachine>>('GET /v1/machines', { query });
  return html`<h2>Machines</h2>${machinesTable(items)}`;
}

function machinesTable(machines: readonly FoundMachine[]): Html {
  if (machines.length === 0) return html`<p>It has had no machine yet.</p>`;
  return table('Machines', machines, {
    Machine: ({ name }) => copiedText(name),
    State: ({ state }) => state,
    IPv4: ({ ipv4 }) => ipv4,
    IPv6: ({ ipv6 }) => ipv6,
    Location: ({ location }) => location,
    From: ({ createdAt }) => time(createdAt),
    Until: ({ goneAt }) => time(goneAt),
  });
}
