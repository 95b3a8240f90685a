import { expect, test } from 'vitest';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { type KeyWatch, watchKeys } from '#src/vpn/key-watch.ts';
import { newVpnSecrets } from '#src/vpn/keys.ts';
import { createSealer, UnknownKeyError } from '#src/vpn/sealed.ts';
import { useWorkplace } from '../../queues/workplace.ts';

const place = useWorkplace();
const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const rotated = createSealer({ current: newKey, old: oldKey });
const sealed = rotated.seal('srv-1', newVpnSecrets());
const stale = () => watchKeys(createSealer({ current: oldKey, old: null }), 'worker');
const restarted = () => watchKeys(rotated, 'worker');

const raise = (watch: KeyWatch) =>
  raiseRefusalAlerts({ ...watch, store: place.store, now: place.deps.now, kind: 'secrets-key' });
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

test('a damaged text is not taken for one of another key', () => {
  const watch = restarted();
  expect(() => watch.sealer.open('srv-2', sealed)).toThrow(/damaged, or belong to another server/);
  expect(watch.gate.refusals()).toEqual([]);
});
