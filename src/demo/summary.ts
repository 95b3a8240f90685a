import type { ShopJob, ShopServer, Storefront } from '#src/start/storefront.ts';
import { differences, readCloud } from './differences.ts';

const headings = ['server', 'customer', 'status', 'location', 'address', 'seconds'];

/** A table of the servers, and totals. Throws if the cloud does not have exactly one machine per running server. */
export async function summary(shop: Storefront, simulatorUrl: string): Promise<string> {
  const servers = (await shop.servers(50)).toReversed();
  const jobs = (await shop.jobs(50)).toReversed();
  const machines = await readCloud(simulatorUrl);
  const faults = differences(servers, machines);
  if (faults.length > 0) throw new Error(`the cloud and the service differ: ${faults.join('; ')}.`);
  const rows = servers.map((server) => rowOf(server, jobs));
  return ['', ...table([headings, ...rows]), '', totals(servers, jobs), agreement(machines.length), ''].join('\n');
}

function rowOf({ id, customer, status, location, machine }: ShopServer, jobs: readonly ShopJob[]): string[] {
  const took = jobs.filter(({ serverId, kind }) => serverId === id && kind !== 'retire').map(secondsOf);
  return [id, customer, status, location, machine?.ipv4 ?? '–', took.join(' + ')];
}

function secondsOf({ createdAt, finishedAt }: ShopJob): string {
  return (((finishedAt ?? new Date()).getTime() - createdAt.getTime()) / 1000).toFixed(1);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd());
}

function totals(servers: readonly ShopServer[], jobs: readonly ShopJob[]): string {
  const count = (status: string) => servers.filter((server) => server.status === status).length;
  const done = jobs.filter(({ state }) => state === 'succeeded').length;
  return `${servers.length} servers were bought: ${count('running')} run, ${count('destroyed')} are destroyed. ${done} of ${jobs.length} jobs succeeded.`;
}

function agreement(machines: number): string {
  return `The cloud has ${machines} machines: one for each running server, and no other.`;
}
