import type { Catalogue, Location, Plan } from '#queues/ports/provider.ts';
import type { Region, Size } from './answers.ts';

/** The country for the letters of a data centre's slug; DigitalOcean's API does not return countries. */
const countries: Readonly<Record<string, string>> = {
  nyc: 'US',
  sfo: 'US',
  atl: 'US',
  ric: 'US',
  tor: 'CA',
  ams: 'NL',
  lon: 'GB',
  fra: 'DE',
  blr: 'IN',
  sgp: 'SG',
  syd: 'AU',
};
/** A code that ISO 3166-1 reserves for private use; here: a data centre that is missing in this table. */
const unknownCountry = 'ZZ';

/** The open regions and the sizes on sale. Sizes with a GPU are excluded, since lists omit droplets with a GPU. */
export function catalogueOf(regions: readonly Region[], sizes: readonly Size[]): Catalogue {
  const open = regions.filter(({ available }) => available);
  const ids = new Set(open.map(({ id }) => id));
  const sold = sizes.filter(({ available, gpu_info }) => available && !gpu_info);
  return { locations: open.map(locationOf), plans: sold.map((size) => planOf(size, ids)) };
}

/** The name of nyc3 is "New York 3". */
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
