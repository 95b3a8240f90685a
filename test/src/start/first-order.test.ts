import { describe, expect, it } from 'vitest';
import { cloudNames, openProvider } from '#src/cloud/clouds.ts';
import { fillableOrder } from '#src/cloud/fillable-order.ts';
import { readFirstOrder } from '#src/start/first-order.ts';
import { runSimulator } from '../simulator/running-simulator.ts';

const { signal } = new AbortController();
const plan = (id: string, monthlyCost: number, locations: string[], memoryMb = 1024) => {
  return { id, monthlyCost, currency: 'EUR', locations, memoryMb };
};

describe('the order that a new user can copy', () => {
  it('is the cheapest plan that suffices and is in stock', () => {
    const offer = [
      plan('big', 9, ['fra']),
      plan('tiny', 1, ['fra'], 512),
      plan('gone', 2, []),
      plan('fits', 5, ['ams']),
    ];
    expect(fillableOrder(offer)).toEqual({ location: 'ams', plan: 'fits', monthlyCost: 5, currency: 'EUR' });
  });

  it('is none if nothing suffices', () => {
    expect(fillableOrder([plan('tiny', 1, ['fra'], 512), plan('gone', 2, [])])).toBeNull();
  });

  it.each(cloudNames)('can be filled by %s', async (name) => {
    const simulator = await runSimulator();
    const provider = openProvider(name, {
      apiUrl: simulator.apiUrl(name === 'simulator' ? 'vultr' : name),
      apiKey: 'simulator',
    });
    const { plans } = await provider.catalogue(signal);
    const { location, plan } = fillableOrder(plans) ?? { location: 'none', plan: 'none' };
    const owner = { installation: 'test', serverId: 'srv-1' };
    const order = { name: 'gf-1', owner, userData: null, location, plan };
    await expect(provider.create(order, signal)).resolves.toMatchObject({ location, plan });
  });

  it('is read once a worker has read the catalogue', async () => {
    let reads = 0;
    const plans = async () => {
      reads += 1;
      if (reads < 3) throw new Error('503');
      return [plan('small', 5, ['ams'])];
    };
    expect(await readFirstOrder({ plans }, signal)).toMatchObject({ location: 'ams', plan: 'small' });
  });

  it('is not waited for without end, nor after a stop', async () => {
    const plans = () => Promise.reject(new Error('503'));
    expect(await readFirstOrder({ plans }, signal, 1)).toBeNull();
    expect(await readFirstOrder({ plans }, AbortSignal.abort())).toBeNull();
  });
});
