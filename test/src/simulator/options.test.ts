import { expect, it } from 'vitest';
import { simulatorOptions } from '#src/simulator/options.ts';

it('the simulator works without settings, only on loopback', () => {
  expect(simulatorOptions({})).toEqual({
    host: '127.0.0.1',
    port: 3900,
    dataFile: './data/simulator.json',
    bootMs: 6000,
    bootJitter: 0.5,
    vpnMs: 2000,
    createMs: 300,
    lockMs: 1000,
    apiKeys: ['simulator', 'rk_test_simulator'],
  });
});

it('every setting comes from the environment, and an empty one counts as not set', () => {
  const options = simulatorOptions({
    SIMULATOR_HOST: '0.0.0.0',
    SIMULATOR_PORT: '0',
    SIMULATOR_DATA: '',
    SIMULATOR_BOOT_SECONDS: '0.05',
    SIMULATOR_BOOT_JITTER: '0',
    SIMULATOR_VPN_SECONDS: '0.5',
    SIMULATOR_CREATE_MS: '5',
    SIMULATOR_LOCK_SECONDS: '2',
    SIMULATOR_API_KEY: 'one, two',
  });
  const times = { bootMs: 50, bootJitter: 0, vpnMs: 500, createMs: 5, lockMs: 2000 };
  const place = { host: '0.0.0.0', port: 0, dataFile: './data/simulator.json' };
  expect(options).toEqual({ ...place, ...times, apiKeys: ['one', 'two'] });
});

it("the shop sells a real cloud's plans, and events are sent from the start on, if that is asked for", () => {
  expect(simulatorOptions({ SIMULATOR_SHOP: 'hetzner' }).shop).toBe('hetzner');
  expect(simulatorOptions({ SIMULATOR_SHOP: 'simulator' }).shop).toBe(undefined);
  const url = 'http://127.0.0.1:3000/v1/stripe/webhook';
  expect(simulatorOptions({ SIMULATOR_STRIPE_HOOK_SECRET: 'whsec_1' }).hook).toBe(undefined);
  expect(simulatorOptions({ SIMULATOR_STRIPE_HOOK_URL: url, SIMULATOR_STRIPE_HOOK_SECRET: 'whsec_1' }).hook).toEqual({
    url,
    secret: 'whsec_1',
  });
});

it('the same seed gives the same numbers', () => {
  const draw = (SIMULATOR_SEED: string) => simulatorOptions({ SIMULATOR_SEED }).random?.();
  expect(draw('31/nemesis')).toBeTypeOf('number');
  expect(draw('31/nemesis')).toBe(draw('31/nemesis'));
  expect(draw('32/nemesis')).not.toBe(draw('31/nemesis'));
  expect(simulatorOptions({}).random).toBeUndefined();
});

it('one message names every wrong setting', () => {
  const wrong = { SIMULATOR_PORT: 'high', SIMULATOR_BOOT_JITTER: '7', SIMULATOR_CREATE_MS: '-1' };
  expect(() => simulatorOptions(wrong)).toThrow(
    'The simulator\'s settings are invalid. SIMULATOR_PORT must be a port, from 0 to 65535, but is "high". SIMULATOR_BOOT_JITTER must be a fraction, from 0 to 1, but is "7". SIMULATOR_CREATE_MS must be milliseconds, from 0 to 60000, but is "-1".',
  );
});
