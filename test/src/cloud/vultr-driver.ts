import { type Owner, type Provider, ProviderError } from '#queues/ports/provider.ts';
import { vultr } from '#src/cloud/vultr.ts';
import type { RunningSimulator } from '../simulator/running-simulator.ts';

export const never = new AbortController().signal;
export const owner: Owner = { installation: 'test', serverId: 'a' };
export const spec = { name: 'gf-a-1', owner, location: 'ams', plan: 'vc2-1c-1gb' };

/** The driver under test, talking to a simulator. */
export function driverOf({ vultrUrl }: RunningSimulator, deadlineMs = 5000): Provider {
  return vultr({ name: 'simulator', apiUrl: `${vultrUrl}/`, apiKey: 'simulator', deadlineMs });
}

/** The fault that the call ends with; for anything else a text that says what it was. */
export async function faultOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    (value) => `no error but ${JSON.stringify(value)}`,
    (reason: unknown) => reason,
  );
  return error instanceof ProviderError ? error.fault : String(error);
}
