import { gatewayOf, ipv6NetworkOf } from '#src/simulator/addresses.ts';
import { isInstalling, isLocked, type Machine } from '#src/simulator/machine.ts';
import { planWith, systems } from './catalogue.ts';

/** A machine in Vultr's shape; during the installation it has no addresses yet. */
export function instanceBody(machine: Machine, now: number) {
  const installing = isInstalling(machine, now);
  const plan = planWith(machine.plan);
  return {
    id: machine.id,
    os: systems.find((system) => system.id === machine.osId)?.name ?? '',
    ram: plan?.ram ?? 0,
    disk: installing ? 0 : (plan?.disk ?? 0),
    vcpu_count: plan?.vcpu_count ?? 0,
    region: machine.region,
    plan: machine.plan,
    date_created: new Date(machine.createdAt).toISOString().replace(/\.\d+Z$/, '+00:00'),
    status: installing ? 'pending' : 'active',
    allowed_bandwidth: plan?.bandwidth ?? 0,
    power_status: 'running',
    server_status: serverStatus(machine, now),
    main_ip: addressOf(machine, now),
    ...addresses(machine, installing),
    label: machine.label,
    internal_ip: '',
    kvm: installing ? '' : `https://my.vultr.com/subs/vps/novnc/api.php?data=simulated${machine.serial}`,
    hostname: machine.hostname,
    os_id: machine.osId,
    app_id: 0,
    image_id: '',
    firewall_group_id: '',
    features: machine.ipv6 === null || installing ? [] : ['ipv6'],
    tags: machine.tags,
    user_scheme: 'root',
  };
}

function serverStatus(machine: Machine, now: number): string {
  if (isLocked(machine, now)) return 'locked';
  return isInstalling(machine, now) ? 'installingbooting' : 'ok';
}

/** Its `main_ip`. */
export function addressOf(machine: Machine, now: number): string {
  return (isInstalling(machine, now) ? null : machine.ipv4) ?? '0.0.0.0';
}

function addresses({ ipv4, ipv6, serial }: Machine, installing: boolean) {
  const v4 = installing ? null : ipv4;
  const v6 = installing || ipv6 === null ? null : ipv6;
  return {
    netmask_v4: v4 === null ? '' : '255.255.255.0',
    gateway_v4: v4 === null ? '0.0.0.0' : gatewayOf(v4),
    v6_main_ip: v6 ?? '',
    v6_network: v6 === null ? '' : ipv6NetworkOf(serial),
    v6_network_size: v6 === null ? 0 : 64,
  };
}
