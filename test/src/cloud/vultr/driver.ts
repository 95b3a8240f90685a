import type { Owner, Provider } from '#queues/ports/provider.ts';
import { vultr } from '#src/cloud/vultr/vultr.ts';
import type { RunningSimulator } from '../../simulator/running-simulator.ts';

export const owner: Owner = { installation: 'test', serverId: 'a' };
export const spec = { name: 'gf-a-1', owner, location: 'ams', plan: 'vc2-1c-1gb', userData: null };

/** The driver under test, which talks to a simulator. */
export function driverOf(simulator: RunningSimulator, deadlineMs = 5000): Provider {
  return vultr({ name: 'simulator', apiUrl: `${simulator.apiUrl('vultr')}/`, apiKey: 'simulator', deadlineMs });
}
