import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { FillableOrder } from '#src/cloud/fillable-order.ts';
import type { AllInOne } from '#src/start/all-in-one.ts';
import { welcome } from '#src/start/welcome.ts';

const secrets = { operator: 'secret-o', storefront: 'secret-s', viewer: 'secret-v' };
const simulated: AllInOne = {
  apiUrl: 'http://api',
  cloudTitle: 'the simulator',
  simulatorUrl: 'http://simulator',
  shopUrl: 'http://simulator/stripe/shop',
  secrets,
  stop: async () => undefined,
};
const real = { ...simulated, cloudTitle: 'Hetzner Cloud', simulatorUrl: null, shopUrl: null };
const order = { location: 'fsn1', plan: 'cx23', monthlyCost: 3.79, currency: 'EUR' };

function text(service: AllInOne, { dataDir = 'data', order }: { dataDir?: string; order: FillableOrder | null }) {
  return stripVTControlCharacters(welcome(service, { dataDir, order }));
}

describe('the text for a new user', () => {
  it('has each token with its role, and the lines for the command line', () => {
    const shown = text(simulated, { order, dataDir: '/srv/data' });
    expect(shown).toMatch(/^ {4}operator {5}secret-o .*\n {4}storefront {3}secret-s .*\n {4}viewer {7}secret-v /m);
    expect(shown).toContain('    export GHOSTIFI_URL=http://api\n    export GHOSTIFI_KEY_FILE=/srv/data/api-tokens\n');
  });

  it('quotes a folder that a shell would split', () => {
    expect(text(simulated, { order, dataDir: "/my disk/it's" })).toContain(
      String.raw`GHOSTIFI_KEY_FILE='/my disk/it'\''s/api-tokens'`,
    );
  });

  it('has an order that the cloud can fill, or says where its offer is listed', () => {
    const shown = text(simulated, { order });
    expect(shown).toContain(`{"customer": "you@example.com", "location": "fsn1", "plan": "cx23"}`);
    expect(shown).toContain('npx ghostifi buy --customer you@example.com --location fsn1 --plan cx23 --wait\n');
    expect(shown).not.toContain('/v1/plans');
    expect(text(simulated, { order: null })).toContain('http://api/v1/plans lists it later');
  });

  it('names a real cloud, and warns of its cost', () => {
    const shown = text(real, { order });
    expect(shown).toContain('  Cloud        Hetzner Cloud  (real: each machine costs money until it is destroyed)\n');
    expect(shown).toContain('Buy a server, by the command line or over HTTP (about 3.79 EUR a month):\n');
    expect(shown).not.toContain('simulated');
    expect(text(simulated, { order })).not.toMatch(/real:|a month/);
  });
});
