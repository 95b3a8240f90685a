import type { CommandResult, Storefront } from '#src/start/storefront.ts';
import { qrLines } from '#src/vpn/qr.ts';
import type { Stage } from './stage.ts';
import { watchJobs } from './watch-jobs.ts';

const customers = ['ada', 'grace', 'linus', 'barbara', 'edsger', 'radia'];
const locations = ['ams', 'ewr', 'nrt', 'fra', 'lhr', 'syd'];
const newLocations = ['sgp', 'cdg'];

/** Buys six servers, rebuilds two elsewhere, destroys two others, and waits until the old machines are retired. */
export async function playStory(stage: Stage): Promise<void> {
  const { shop, say } = stage;
  say('\nSix customers buy a server each.');
  const bought = await buyServers(shop);
  await watchJobs(stage, jobsOf(bought));
  await showQrCode(stage, serverAt(bought, 0));

  say('\nTwo servers are rebuilt in another location, and two are destroyed.');
  const rebuilt = await rebuildFirst(shop, bought);
  const destroyed = [await shop.destroy(serverAt(bought, 2)), await shop.destroy(serverAt(bought, 3))];
  await watchJobs(stage, jobsOf([...rebuilt, ...destroyed]));

  say('\nThe machines that the rebuilds replaced are retired.');
  await watchJobs(stage, await retireJobs(shop, rebuilt.length));
}

async function buyServers(shop: Storefront): Promise<CommandResult[]> {
  const bought: CommandResult[] = [];
  for (const [at, customer] of customers.entries()) {
    bought.push(await shop.buy({ customer, location: locations[at] ?? 'ams' }));
  }
  return bought;
}

async function rebuildFirst(shop: Storefront, bought: readonly CommandResult[]): Promise<CommandResult[]> {
  const rebuilt: CommandResult[] = [];
  for (const [at, location] of newLocations.entries()) {
    rebuilt.push(await shop.rebuild(serverAt(bought, at), location));
  }
  return rebuilt;
}

/** Shows the code only on a terminal. */
async function showQrCode({ shop, isTerminal, say }: Stage, serverId: string): Promise<void> {
  if (!isTerminal) return;
  say(
    `\nThe VPN of ${customers[0]} as a QR code for the WireGuard app. The demo's machines are simulated, so it will not connect.`,
  );
  say(await qrLines(await shop.vpnConfig(serverId), { colours: true }));
}

/** The ids of all retire jobs. Throws if there are not exactly `expected`. */
async function retireJobs(shop: Storefront, expected: number): Promise<string[]> {
  const retiring = (await shop.jobs(50)).filter(({ kind }) => kind === 'retire');
  if (retiring.length !== expected) throw new Error(`${expected} rebuilds created ${retiring.length} retire jobs.`);
  return retiring.map(({ id }) => id);
}

function jobsOf(results: readonly CommandResult[]): string[] {
  return results.map(({ job }) => job.id);
}

function serverAt(bought: readonly CommandResult[], at: number): string {
  const result = bought[at];
  if (!result) throw new Error(`Only ${bought.length} servers were bought.`);
  return result.server.id;
}
