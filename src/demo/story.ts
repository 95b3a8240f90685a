import type { Commanded, Storefront } from '#src/start/storefront.ts';
import { qrLines } from '#src/vpn/qr.ts';
import type { Display } from './display.ts';
import { watchJobs } from './watch-jobs.ts';

const customers = ['ada', 'grace', 'linus', 'barbara', 'edsger', 'radia'];
const locations = ['ams', 'ewr', 'nrt', 'fra', 'lhr', 'syd'];
const newLocations = ['sgp', 'cdg'];

export interface Stage {
  readonly shop: Storefront;
  readonly display: Display;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly isTerminal: boolean;
}

/** Six servers are bought; then two move elsewhere while two others are destroyed; then the old machines go. */
export async function playStory(stage: Stage): Promise<void> {
  const { shop, say } = stage;
  say('\nSix customers buy a server each.');
  const bought: Commanded[] = [];
  for (const [at, customer] of customers.entries()) {
    bought.push(await shop.buy({ customer, location: locations[at] ?? 'ams' }));
  }
  await watchJobs(stage, jobsOf(bought));
  await showPicture(stage, idAt(bought, 0));

  say('\nTwo move to another location, and two leave.');
  const moved: Commanded[] = [];
  for (const [at, location] of newLocations.entries()) moved.push(await shop.rebuild(idAt(bought, at), location));
  const left = [await shop.destroy(idAt(bought, 2)), await shop.destroy(idAt(bought, 3))];
  await watchJobs(stage, jobsOf([...moved, ...left]));

  say('\nThe machines that were left behind are retired.');
  const retiring = (await shop.jobs(50)).filter(({ kind }) => kind === 'retire');
  if (retiring.length !== moved.length) throw new Error(`${moved.length} rebuilds left ${retiring.length} to retire.`);
  await watchJobs(
    stage,
    retiring.map(({ id }) => id),
  );
}

/** Only people look at pictures. */
async function showPicture({ shop, isTerminal, say }: Stage, serverId: string): Promise<void> {
  if (!isTerminal) return;
  say(`\nThe WireGuard app of ${customers[0]} scans this (the machines of the demo are simulated: none is behind it).`);
  say(await qrLines(await shop.vpnConfig(serverId)));
}

function jobsOf(commanded: readonly Commanded[]): string[] {
  return commanded.map(({ job }) => job.id);
}

function idAt(bought: readonly Commanded[], at: number): string {
  const sold = bought[at];
  if (!sold) throw new Error(`Only ${bought.length} servers were bought.`);
  return sold.server.id;
}
