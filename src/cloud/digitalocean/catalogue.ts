import type { Catalogue, Location, Plan } from '#queues/ports/provider.ts';
import type { Region, Size } from './answers.ts';

/** The countries of DigitalOcean's data centres by the letters of their slugs; its API does not tell them. */
const countries: Readonly<Record<string, string>> = {
  ...{ nyc: 'US', sfo: 'US', atl: 'US', ric: 'US', tor: 'CA', ams: 'NL', lon: 'GB', fra: 'DE', blr: 'IN', sgp: 'SG' },
  syd: 'AU',
};
/** ISO 3166-1 keeps it free for one's own use; here: a data centre that is newer than this file. */
const unknownCountry = 'ZZ';

/** What can be ordered now: regions that take new droplets, and sizes without a GPU (lists leave such droplets out). */
export function catalogueOf(regions: readonly Region[], sizes: readonly Size[]): Catalogue {
  const open = regions.filter(({ available }) => available);
  const ids = new Set(open.map(({ id }) => id));
  const sold = sizes.filter(({ available, gpu_info }) => available && !gpu_info);
  return { locations: open.map(locationOf), plans: sold.map((size) => planOf(size, ids)) };
}

/** "New York 3" is nyc3. */
function locationOf({ id, name }: Region): Location {
  const country = countries[id.replace(/\d+$/, '')] ?? unknownCountry;
  return { id, city: name.replace(/ \d+$/, ''), country };
}

function planOf(size: Size, open: ReadonlySet<string>): Plan {
  return {
    id: size.id,
    cpus: size.vcpus,
    memoryMb: size.memory,
    monthlyCost: size.price_monthly,
    currency: 'USD',
    locations: size.regions.filter((region) => open.has(region)),
  };
}
