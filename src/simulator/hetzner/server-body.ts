import { isInstalling, isLocked, type Machine } from '#src/simulator/machine.ts';
import { images, locations, serverTypes } from './catalogue.ts';
import { labelsOf } from './labels.ts';

/** A machine in Hetzner's shape; it has its addresses from the start. */
export function serverBody(machine: Machine, now: number) {
  const location = locations.find(({ name }) => name === machine.region);
  const type = serverTypes.find(({ name }) => name === machine.plan);
  return {
    id: machine.serial,
    name: machine.label,
    status: statusOf(machine, now),
    created: new Date(machine.createdAt).toISOString().replace(/\.\d+Z$/, '+00:00'),
    public_net: { ipv4: ipv4(machine), ipv6: ipv6(machine), floating_ips: [], firewalls: [] },
    private_net: [],
    server_type: type,
    location,
    datacenter: {
      id: location?.id,
      name: `${machine.region}-dc1`,
      description: `${location?.city} 1 DC 1`,
      location,
      server_types: { supported: [type?.id], available: [type?.id], available_for_migration: [type?.id] },
    },
    image: images.find(({ id }) => id === machine.osId) ?? null,
    iso: null,
    rescue_enabled: false,
    locked: isInstalling(machine, now) || isLocked(machine, now),
    backup_window: null,
    outgoing_traffic: null,
    ingoing_traffic: null,
    included_traffic: 21_990_232_555_520,
    protection: { delete: false, rebuild: false },
    labels: labelsOf(machine.tags),
    volumes: [],
    load_balancers: [],
    placement_group: null,
    primary_disk_size: type?.disk,
  };
}

export function statusOf(machine: Machine, now: number): 'initializing' | 'running' {
  return isInstalling(machine, now) ? 'initializing' : 'running';
}

export type Command = 'create_server' | 'start_server' | 'delete_server';

/** The task that Hetzner returns beside the machine; here it is always in progress. */
export function actionBody(machine: Machine, command: Command, now: number) {
  return {
    id: machine.serial * 10 + ['create_server', 'start_server', 'delete_server'].indexOf(command),
    command,
    status: 'running',
    progress: 0,
    started: new Date(now).toISOString(),
    finished: null,
    error: null,
    resources: [{ id: machine.serial, type: 'server' }],
  };
}

function ipv4({ ipv4: ip, serial }: Machine) {
  if (ip === null) return null;
  return {
    id: serial * 2,
    ip,
    blocked: false,
    dns_ptr: `static.${ip.split('.').reverse().join('.')}.clients.example.com`,
  };
}

/** The whole /64, in Hetzner's short form. */
function ipv6({ ipv6: address, serial }: Machine) {
  if (address === null) return null;
  const groups = address.split(':').slice(0, 4);
  const network = groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
  return { id: serial * 2 + 1, ip: `${network}::/64`, blocked: false, dns_ptr: [] };
}
