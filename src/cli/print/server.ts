import type { CommandResult, Server, ServerInFull } from '#src/cli/api/bodies.ts';
import { jobsPage } from './job.ts';
import { fieldsOf, type Page, tableOf } from './page.ts';
import { localTime, money } from './texts.ts';

export function serversPage(servers: readonly Server[]): Page {
  return tableOf(servers, {
    server: ({ id }) => id,
    status: ({ status }) => status,
    customer: ({ customer }) => customer,
    reference: ({ reference }) => reference,
    location: ({ location }) => location,
    plan: ({ plan }) => plan,
    address: ({ machine }) => machine?.ipv4,
    created: ({ createdAt }) => localTime(createdAt),
  });
}

export function serverPage({ openJobs, ...server }: ServerInFull): Page {
  const { id, status, customer, reference, purchaseId, hostname, location, plan, generation, machine } = server;
  const fields = fieldsOf({
    server: id,
    status,
    customer,
    reference,
    purchase: purchaseId,
    hostname,
    location,
    plan,
    generation,
    machine: machine?.id,
    IPv4: machine?.ipv4,
    IPv6: machine?.ipv6,
    'cost a month': money(server.monthlyCost),
    created: localTime(server.createdAt),
    changed: localTime(server.updatedAt),
  });
  return openJobs.length === 0 ? [fields] : [fields, 'Open jobs:', ...jobsPage(openJobs)];
}

/** The answer of a command. */
export function commandPage({ server, job }: CommandResult): Page {
  const { id, status, customer, hostname, location, plan } = server;
  const jobFields = { job: job.id, kind: job.kind, state: job.state };
  return [fieldsOf({ server: id, status, customer, hostname, location, plan, ...jobFields })];
}
