/** A part of Hetzner's catalogue, with its own names and cities and approximate prices (euro). */

type LocationTexts = readonly [name: string, city: string, country: string, network_zone: string];

const place = (id: number, [name, city, country, network_zone]: LocationTexts) => ({
  id,
  name,
  city,
  country,
  network_zone,
  latitude: 50.5,
  longitude: 12.4,
  description: `${city} DC Park 1`,
});

export const locations = [
  place(1, ['fsn1', 'Falkenstein', 'DE', 'eu-central']),
  place(2, ['nbg1', 'Nuremberg', 'DE', 'eu-central']),
  place(3, ['hel1', 'Helsinki', 'FI', 'eu-central']),
  place(4, ['ash', 'Ashburn, VA', 'US', 'us-east']),
  place(5, ['hil', 'Hillsboro, OR', 'US', 'us-west']),
  place(6, ['sin', 'Singapore', 'SG', 'ap-southeast']),
];

/** With and without German VAT, each a decimal fraction as text. */
const price = (net: number) => ({ net: net.toFixed(10), gross: (net * 1.19).toFixed(10) });

interface Kind {
  readonly name: string;
  readonly cores: number;
  readonly memory: number;
  readonly disk: number;
  readonly architecture: 'x86' | 'arm';
  /** Euro a month by location. */
  readonly prices: Readonly<Record<string, number>>;
  /** The locations where it is sold out. */
  readonly soldOut?: readonly string[];
  readonly retired?: boolean;
}

const kinds: readonly Kind[] = [
  {
    name: 'cx22',
    cores: 2,
    memory: 4,
    disk: 40,
    architecture: 'x86',
    prices: { fsn1: 3.79, nbg1: 3.79 },
    retired: true,
  },
  { name: 'cx23', cores: 2, memory: 4, disk: 40, architecture: 'x86', prices: { fsn1: 3.49, nbg1: 3.49, hel1: 3.49 } },
  { name: 'cx33', cores: 4, memory: 8, disk: 80, architecture: 'x86', prices: { fsn1: 5.49, nbg1: 5.49, hel1: 5.49 } },
  {
    name: 'cax11',
    cores: 2,
    memory: 4,
    disk: 40,
    architecture: 'arm',
    soldOut: ['nbg1'],
    prices: { fsn1: 3.79, nbg1: 3.79, hel1: 3.79 },
  },
  {
    name: 'cpx11',
    cores: 2,
    memory: 2,
    disk: 40,
    architecture: 'x86',
    prices: { ash: 4.49, hil: 4.49, sin: 6.49 },
  },
];

const retirement = { announced: '2025-10-01T00:00:00Z', unavailable_after: '2025-12-31T00:00:00Z' };

export const serverTypes = kinds.map(({ name, prices, soldOut, retired, ...size }, index) => ({
  id: 100 + index,
  name,
  ...size,
  description: name.toUpperCase(),
  category: 'Shared vCPU',
  storage_type: 'local',
  cpu_type: 'shared',
  deprecated: retired ?? false,
  deprecation: retired ? retirement : null,
  prices: Object.entries(prices).map(([location, net]) => pricesIn(location, net)),
  locations: locations
    .filter((one) => one.name in prices)
    .map(({ id, name: location }) => ({
      id,
      name: location,
      recommended: !retired,
      available: !retired && !soldOut?.includes(location),
      deprecation: retired ? retirement : null,
    })),
}));

function pricesIn(location: string, net: number) {
  const traffic = { included_traffic: 21_990_232_555_520, price_per_tb_traffic: price(1) };
  return { location, price_hourly: price(net / 624), price_monthly: price(net), ...traffic };
}

const addressPrices = locations.map(({ name }) => {
  return { location: name, price_hourly: price(0.5 / 624), price_monthly: price(0.5) };
});
const freePrices = locations.map(({ name }) => ({ location: name, price_hourly: price(0), price_monthly: price(0) }));

export const pricing = {
  currency: 'EUR',
  vat_rate: '19.000000',
  floating_ips: [],
  load_balancer_types: [],
  primary_ips: [
    { type: 'ipv4', prices: addressPrices },
    { type: 'ipv6', prices: freePrices },
  ],
  image: { price_per_gb_month: price(0.011) },
  volume: { price_per_gb_month: price(0.044) },
  floating_ip: { price_monthly: price(3) },
  server_backup: { percentage: '20.0000000000' },
  server_types: serverTypes.map(({ id, name, prices }) => ({ id, name, prices })),
};

/** What the listing has only on request; it can be ordered. */
const deprecated = '2025-10-01T00:00:00+00:00';

export const images = [
  { id: 310_557_660, name: 'debian-13', os_flavor: 'debian', os_version: '13', architecture: 'x86' },
  { id: 310_557_666, name: 'debian-13', os_flavor: 'debian', os_version: '13', architecture: 'arm' },
  { id: 114_690_387, name: 'debian-12', os_flavor: 'debian', os_version: '12', architecture: 'x86' },
  { id: 114_690_389, name: 'debian-12', os_flavor: 'debian', os_version: '12', architecture: 'arm' },
  { id: 161_547_269, name: 'ubuntu-24.04', os_flavor: 'ubuntu', os_version: '24.04', architecture: 'x86' },
  { id: 45_557_056, name: 'debian-11', os_flavor: 'debian', os_version: '11', architecture: 'x86', deprecated },
].map((image) => ({
  type: 'system',
  status: 'available',
  description: image.name,
  image_size: null,
  disk_size: 5,
  rapid_deploy: true,
  created: '2023-06-13T06:00:00+00:00',
  created_from: null,
  bound_to: null,
  deprecated: null,
  deleted: null,
  protection: { delete: false },
  labels: {},
  ...image,
}));
