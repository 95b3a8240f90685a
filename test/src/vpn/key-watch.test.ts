import { expect, test } from 'vitest';
import { type KeyWatch, raiseKeyAlerts, watchKeys } from '#src/vpn/key-watch.ts';
import { newVpnSecrets } from '#src/vpn/keys.ts';
import { createSealer, SealedError, UnknownKeyError } from '#src/vpn/sealed.ts';
import { useWorkplace } from '../../queues/workplace.ts';

const place = useWorkplace();
const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const rotated = createSealer({ current: newKey, old: oldKey });
const sealed = rotated.seal('srv-1', newVpnSecrets());
const stale = () => watchKeys(createSealer({ current: oldKey, old: null }), 'worker');
const restarted = () => watchKeys(rotated, 'worker');

const deps = () => ({ store: place.store, now: place.deps.now });
const raise = (watch: KeyWatch) => raiseKeyAlerts(watch, deps());
/** With another last byte. */
const damaged = (text: string) => text.slice(0, -2) + (text.endsWith('AA') ? 'BB' : 'AA');
const alerts = async () => (await place.store.readAlerts('secrets-key')).map(({ id, message }) => `${id} ${message}`);

test('a process that lacks the key of a text raises one alert, with the id of the key and the process', async () => {
  const watch = stale();
  for (const id of ['srv-1', 'srv-2'])
    expect(() => watch.sealer.open(id, rotated.seal(id, newVpnSecrets()))).toThrow(UnknownKeyError);
  await raise(watch);
  await raise(watch);
  expect(await alerts()).toEqual([
    expect.stringMatching(
      new RegExp(`^secrets-key:${rotated.keyId} The worker on \\S+ cannot open .* ${rotated.keyId}`),
    ),
  ]);
  expect(watch.damage.refusals()).toEqual([]);
});

test('the alert clears once no process lacks the key, and not before', async () => {
  const watch = stale();
  expect(() => watch.sealer.open('srv-1', sealed)).toThrow(UnknownKeyError);
  for (let n = 0; n < 10; n += 1) {
    await raise(watch);
    await raise(restarted());
    expect(await alerts()).toHaveLength(1);
    place.later(2);
  }
  place.later(10);
  await raise(restarted());
  expect(await alerts()).toEqual([]);
});

test('a text that was sealed again with a key of the process is no reason any more', async () => {
  const watch = stale();
  expect(() => watch.sealer.open('srv-1', sealed)).toThrow(UnknownKeyError);
  watch.sealer.open('srv-1', watch.sealer.seal('srv-1', newVpnSecrets()));
  expect(watch.gate.refusals()).toEqual([]);
});

test.each(['damaged', 'of no known format'])(
  'a text that is %s raises an alert with its server, not one about the key, until it opens',
  async (what) => {
    const [watch, other] = [restarted(), restarted()];
    const bad = what === 'damaged' ? damaged(sealed) : 'v9.none';
    expect(() => watch.sealer.open('srv-1', bad)).toThrow(/The VPN keys of server srv-1/);
    expect(watch.gate.refusals()).toEqual([]);
    for (const one of [watch, other, watch]) await raiseKeyAlerts(one, deps());
    expect(await place.store.readAlerts('vpn-keys-damaged')).toEqual([
      expect.objectContaining({
        subject: 'srv-1',
        detail: { serverId: 'srv-1' },
        message: expect.stringMatching(/^The worker on \S+ cannot open VPN keys\. The VPN keys of server srv-1 /),
      }),
    ]);
    watch.sealer.open('srv-1', sealed);
    place.later(11);
    await raiseKeyAlerts(watch, deps());
    expect(await place.store.readAlerts('vpn-keys-damaged')).toEqual([]);
  },
);

test('the alert about damaged keys stays while another process cannot open them', async () => {
  const watch = restarted();
  expect(() => watch.sealer.open('srv-1', damaged(sealed))).toThrow(SealedError);
  for (let n = 0; n < 10; n += 1) {
    for (const one of [watch, restarted()]) await raiseKeyAlerts(one, deps());
    expect(await place.store.readAlerts('vpn-keys-damaged')).toHaveLength(1);
    place.later(2);
  }
});
