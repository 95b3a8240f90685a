import { gatewayOf } from '#src/simulator/addresses.ts';
import { isInstalling, isLocked, type Machine } from '#src/simulator/machine.ts';
import { images, regions, sizes } from './catalogue.ts';

/** How long after its create a droplet is in no list, and a GET returns 404. */
export const visibleAfterMs = 1000;
/** How long after its create a droplet has no tags. */
const taggedAfterMs = 2000;

/** Whether its creation is in progress; meanwhile deletes fail. */
export function hasPendingEvent(machine: Machine, now: number): boolean {
  return isLocked(machine, now) || !isVisible(machine, now);
}

export function isVisible({ createdAt }: Machine, now: number): boolean {
  return now >= createdAt + visibleAfterMs;
}

export function tagsOf({ createdAt, tags }: Machine, now: number): readonly string[] {
  return now >= createdAt + taggedAfterMs ? tags : [];
}

/** A machine in DigitalOcean's shape; a new one has no addresses yet. */
export function dropletBody(machine: Machine, now: number) {
  const size = sizes.find(({ slug }) => slug === machine.plan);
  const isNew = isInstalling(machine, now);
  return {
    id: machine.serial,
    name: machine.label,
    memory: size?.memory,
    vcpus: size?.vcpus,
    disk: size?.disk,
    disk_info: [{ type: 'local', size: { amount: size?.disk, unit: 'gib' } }],
    locked: isNew || isLocked(machine, now),
    status: isNew ? 'new' : 'active',
    kernel: null,
    created_at: new Date(machine.createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    features: machine.ipv6 === null ? ['private_networking'] : ['ipv6', 'private_networking'],
    backup_ids: [],
    next_backup_window: null,
    snapshot_ids: [],
    image: images.find(({ id }) => id === machine.osId),
    volume_ids: [],
    size,
    size_slug: machine.plan,
    networks: isNew ? { v4: [], v6: [] } : networks(machine),
    region: regions.find(({ slug }) => slug === machine.region),
    tags: tagsOf(machine, now),
    vpc_uuid: '760e09ef-dc84-11e8-981e-3cfdfeaae000',
  };
}

/** The private address comes first, as it may at DigitalOcean. */
function networks({ ipv4, ipv6, serial }: Machine) {
  const own = `10.110.${(serial >> 8) & 255}.${serial & 255}`;
  const inside = { ip_address: own, netmask: '255.255.0.0', gateway: '10.110.0.1', type: 'private' };
  const outside =
    ipv4 === null ? [] : [{ ip_address: ipv4, netmask: '255.255.255.0', gateway: gatewayOf(ipv4), type: 'public' }];
  const v6 = ipv6 === null ? [] : [{ ip_address: ipv6, netmask: 64, gateway: ipv6.replace(/1$/, '0'), type: 'public' }];
  return { v4: [inside, ...outside], v6 };
}
