import { type Raw, rawClient } from '../raw-client.ts';
import type { RunningSimulator } from '../running-simulator.ts';

/** Calls Vultr's API without our driver. */
export function rawVultr({ apiUrl }: Pick<RunningSimulator, 'apiUrl'>): Raw {
  return rawClient(apiUrl('vultr'));
}

/** The smallest order that is accepted. */
export function order(changes: object = {}): object {
  return { region: 'ams', plan: 'vc2-1c-1gb', os_id: 2136, label: 'gf-a-1', hostname: 'gf-a-1', ...changes };
}
