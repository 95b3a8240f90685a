/** A part of Vultr's catalogue, with its own ids, cities and prices (US dollars a month). */

const options = ['ddos_protection', 'block_storage_high_perf', 'kubernetes', 'load_balancers'];

export const regions = [
  { id: 'ewr', city: 'New Jersey', country: 'US', continent: 'North America', options },
  { id: 'ord', city: 'Chicago', country: 'US', continent: 'North America', options },
  { id: 'mia', city: 'Miami', country: 'US', continent: 'North America', options },
  { id: 'lax', city: 'Los Angeles', country: 'US', continent: 'North America', options },
  { id: 'sao', city: 'São Paulo', country: 'BR', continent: 'South America', options },
  { id: 'ams', city: 'Amsterdam', country: 'NL', continent: 'Europe', options },
  { id: 'fra', city: 'Frankfurt', country: 'DE', continent: 'Europe', options },
  { id: 'lhr', city: 'London', country: 'GB', continent: 'Europe', options },
  { id: 'cdg', city: 'Paris', country: 'FR', continent: 'Europe', options },
  { id: 'nrt', city: 'Tokyo', country: 'JP', continent: 'Asia', options },
  { id: 'sgp', city: 'Singapore', country: 'SG', continent: 'Asia', options },
  { id: 'syd', city: 'Sydney', country: 'AU', continent: 'Australia', options },
];

export interface VultrPlan {
  readonly id: string;
  readonly vcpu_count: number;
  readonly ram: number;
  readonly disk: number;
  readonly disk_count: number;
  readonly bandwidth: number;
  readonly monthly_cost: number;
  readonly type: string;
  /** Its machines get only an IPv6 address. Not in the API. */
  readonly ipv6Only: boolean;
  readonly locations: readonly string[];
}

const everywhere = regions.map((region) => region.id);
const bigCities = ['ewr', 'lax', 'fra', 'lhr', 'nrt', 'sgp'];

export const plans: readonly VultrPlan[] = [
  { id: 'vc2-1c-0.5gb-free', vcpu_count: 1, ram: 512, disk: 10, bandwidth: 2048, monthly_cost: 0, type: 'vc2' },
  { id: 'vc2-1c-0.5gb-v6', vcpu_count: 1, ram: 512, disk: 10, bandwidth: 512, monthly_cost: 2.5, type: 'vc2' },
  { id: 'vc2-1c-1gb', vcpu_count: 1, ram: 1024, disk: 25, bandwidth: 1024, monthly_cost: 5, type: 'vc2' },
  { id: 'vc2-1c-2gb', vcpu_count: 1, ram: 2048, disk: 55, bandwidth: 2048, monthly_cost: 10, type: 'vc2' },
  { id: 'vc2-2c-2gb', vcpu_count: 2, ram: 2048, disk: 65, bandwidth: 3072, monthly_cost: 15, type: 'vc2' },
  { id: 'vc2-2c-4gb', vcpu_count: 2, ram: 4096, disk: 80, bandwidth: 3072, monthly_cost: 20, type: 'vc2' },
  { id: 'vhf-1c-1gb', vcpu_count: 1, ram: 1024, disk: 32, bandwidth: 1024, monthly_cost: 6, type: 'vhf' },
  { id: 'vhf-1c-2gb', vcpu_count: 1, ram: 2048, disk: 64, bandwidth: 2048, monthly_cost: 12, type: 'vhf' },
].map((plan) => ({
  ...plan,
  ipv6Only: plan.id.endsWith('-v6'),
  disk_count: 1,
  locations: plan.type === 'vhf' ? bigCities : everywhere,
}));

export const systems = [
  { id: 477, name: 'Debian 11 x64 (bullseye)', arch: 'x64', family: 'debian' },
  { id: 1743, name: 'Ubuntu 22.04 LTS x64', arch: 'x64', family: 'ubuntu' },
  { id: 2136, name: 'Debian 12 x64 (bookworm)', arch: 'x64', family: 'debian' },
  { id: 2284, name: 'Ubuntu 24.04 LTS x64', arch: 'x64', family: 'ubuntu' },
  { id: 2625, name: 'Debian 13 x64 (trixie)', arch: 'x64', family: 'debian' },
];

export function planWith(id: string): VultrPlan | undefined {
  return plans.find((plan) => plan.id === id);
}
