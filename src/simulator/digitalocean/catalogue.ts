/** A part of DigitalOcean's catalogue, with its own slugs, names and prices (US dollars a month). */

interface RegionInfo {
  readonly slug: string;
  readonly name: string;
  readonly available: boolean;
}

const places: readonly RegionInfo[] = [
  { slug: 'nyc1', name: 'New York 1', available: true },
  { slug: 'nyc2', name: 'New York 2', available: false },
  { slug: 'nyc3', name: 'New York 3', available: true },
  { slug: 'sfo2', name: 'San Francisco 2', available: true },
  { slug: 'sfo3', name: 'San Francisco 3', available: true },
  { slug: 'tor1', name: 'Toronto 1', available: true },
  { slug: 'ams3', name: 'Amsterdam 3', available: true },
  { slug: 'lon1', name: 'London 1', available: true },
  { slug: 'fra1', name: 'Frankfurt 1', available: true },
  { slug: 'blr1', name: 'Bangalore 1', available: true },
  { slug: 'sgp1', name: 'Singapore 1', available: true },
  { slug: 'syd1', name: 'Sydney 1', available: true },
];

const everywhere = places.filter(({ available }) => available).map(({ slug }) => slug);
const bigCities = ['nyc1', 'nyc3', 'sfo3', 'ams3', 'lon1', 'fra1', 'sgp1'];
const gpu = { count: 1, model: 'nvidia_h100', vram: { amount: 80, unit: 'gib' } };

export interface Size {
  readonly slug: string;
  readonly vcpus: number;
  readonly memory: number;
  readonly disk: number;
  readonly transfer: number;
  readonly price_monthly: number;
  readonly price_hourly: number;
  readonly regions: readonly string[];
  readonly available: boolean;
  readonly description: string;
  readonly gpu_info?: typeof gpu;
}

type Numbers = readonly [vcpus: number, memory: number, disk: number, transfer: number, price_monthly: number];

const plain = (slug: string, [vcpus, memory, disk, transfer, price_monthly]: Numbers) => {
  return { slug, vcpus, memory, disk, transfer, price_monthly, regions: everywhere, description: 'Basic' };
};

export const sizes: readonly Size[] = [
  { ...plain('s-1vcpu-512mb-10gb', [1, 512, 10, 0.5, 4]), regions: bigCities },
  plain('s-1vcpu-1gb', [1, 1024, 25, 1, 6]),
  { ...plain('s-1vcpu-1gb-amd', [1, 1024, 25, 1, 7]), description: 'Premium AMD' },
  plain('s-1vcpu-2gb', [1, 2048, 50, 2, 12]),
  plain('s-2vcpu-2gb', [2, 2048, 60, 3, 18]),
  plain('s-2vcpu-4gb', [2, 4096, 80, 4, 24]),
  { ...plain('s-3vcpu-1gb', [3, 1024, 60, 3, 15]), available: false, regions: [] },
  {
    ...plain('gpu-h100x1-80gb', [20, 245_760, 720, 15, 2522.88]),
    gpu_info: gpu,
    description: 'H100 GPU',
    regions: ['tor1'],
  },
].map((size) => ({ available: true, ...size, price_hourly: Math.round((size.price_monthly / 672) * 1e5) / 1e5 }));

export const regions = places.map((place) => ({
  ...place,
  features: ['backups', 'ipv6', 'metadata', 'install_agent', 'storage', 'image_transfer'],
  sizes: sizes.filter((size) => size.regions.includes(place.slug)).map(({ slug }) => slug),
}));

/** Without debian-12-x64, which DigitalOcean took away in June 2026. */
export const images = [
  { id: 202_601_337, slug: 'debian-13-x64', name: '13 x64', distribution: 'Debian' },
  { id: 159_651_797, slug: 'ubuntu-24-04-x64', name: '24.04 (LTS) x64', distribution: 'Ubuntu' },
].map((image) => ({
  ...image,
  type: 'base',
  public: true,
  regions: everywhere,
  created_at: '2025-06-02T05:00:00Z',
  min_disk_size: 7,
  size_gigabytes: 0.61,
  description: `${image.distribution} ${image.name}`,
  tags: [],
  status: 'available',
  error_message: '',
}));
