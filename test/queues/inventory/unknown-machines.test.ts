import { describe, expect, test, vi } from 'vitest';
import { destroyed, rebuild, removalOrder, resume, suspend } from '../../db/conformance/fixture.ts';
import { ownerOf, usePasses } from './passes.ts';

const { alertKinds, names, pass, place } = usePasses();
const orderRemoval = (providerId: string, name: string) =>
  place.store.orderRemoval(removalOrder({ providerId, name, orderedBy: 'ada', orderedAt: place.clock.now }));

describe('a machine without a row', () => {
  const unknown = () => place.provider.put({ name: 'gf-lost-1', owner: ownerOf('lost') });
  const order = (name: string) => orderRemoval('vps-1', name);

  test('is removed if an operator names it, and no other machine is removed', async () => {
    unknown();
    place.provider.put({ name: 'gf-lost-2', owner: ownerOf('lost') });
    await pass();
    await order('gf-lost-1');
    expect((await pass()).removed).toEqual(['vps-1']);
    expect(names()).toEqual(['gf-lost-2']);
    const [event] = (await place.store.readEvents({ type: 'machine.removed', limit: 9 })).events;
    expect(event).toMatchObject({ actor: 'inventory', subject: 'vps-1', detail: { because: 'ada ordered it' } });
    expect((await place.store.readEventWithCauses(event?.uid ?? ''))?.causes).toMatchObject([
      { type: 'machine.removal_ordered', actor: 'key:desk' },
    ]);
    expect(await alertKinds()).toEqual(['unknown-machine']);
  });

  test('stays if its name differs from the order', async () => {
    unknown();
    await order('gf-lost-2');
    expect((await pass()).removed).toEqual([]);
    expect(await alertKinds()).toEqual(['unknown-machine']);
  });

  test('stays if the order is older than an hour', async () => {
    unknown();
    await order('gf-lost-1');
    place.later(3_601);
    expect((await pass()).removed).toEqual([]);
  });

  test('stays despite an order if the row of its server is running and there is no other machine', async () => {
    const { server } = await place.running();
    place.provider.vanish('vps-1');
    const { id } = place.provider.put({ name: `gf-${server.id}-2`, owner: ownerOf(server.id) });
    await orderRemoval(id, `gf-${server.id}-2`);
    const report = await pass();
    expect([report.removed, names()]).toEqual([[], [`gf-${server.id}-2`]]);
    expect(report.alerts.find(({ kind }) => kind === 'unknown-machine')?.message).toMatch(/belongs to server.*rebuild/);
  });

  test('of a later generation stays for the server that was rebuilt after the backup', async () => {
    const { server } = await place.running();
    const { id, name } = place.provider.put({ name: `gf-${server.id}-2`, owner: ownerOf(server.id) });
    await orderRemoval(id, name);
    const report = await pass();
    expect([report.removed, names()]).toEqual([[], [`gf-${server.id}-1`, name]]);
    const [found] = report.alerts.filter(({ kind }) => kind === 'unknown-machine');
    expect(found?.message).toContain(`belongs to server ${server.id} of ${server.customer}, which is running`);
    expect(found?.message).toMatch(/rebuilt after this database was backed up.*Do not remove it\. Rebuild the server/);
    expect(found?.detail).toMatchObject({ adoptedBy: 'rebuild' });

    const { job } = await rebuild(place.store, server.id, { now: place.clock.now });
    await place.perform(job.id);
    expect((await place.store.readServer(server.id))?.machine).toMatchObject({
      name,
      providerId: id,
      state: 'current',
    });
    expect((await pass()).alerts).toEqual([]);
  });

  test('is reported with the customer of the destroyed server in its tag, or as nobody’s', async () => {
    const { id, customer } = await destroyed(place.store);
    place.provider.put({ name: `gf-${id}-2`, owner: ownerOf(id) });
    unknown();
    const messages = (await pass()).alerts.map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringContaining(`Its tag names server ${id} of ${customer}, which is destroyed.`),
      expect.stringContaining('No row has the server in its tag, lost.'),
    ]);
  });

  test('that has a row is not removed by an order', async () => {
    const { server } = await place.running();
    await order(`gf-${server.id}-1`);
    expect((await pass()).removed).toEqual([]);
  });

  test('that a rebuild takes over during the pass stays', async () => {
    const { server } = await place.running();
    const { id, name } = place.provider.put({ name: `gf-${server.id}-2`, owner: ownerOf(server.id) });
    await orderRemoval(id, name);
    const { get } = place.provider;
    vi.spyOn(place.provider, 'get').mockImplementation(async (...args) => {
      if (!(await place.store.readMachine(name))) await rebuild(place.store, server.id, { now: place.clock.now });
      return get(...args);
    });
    expect((await pass()).removed).toEqual([]);
    expect(names()).toContain(name);
  });

  test('of a suspended server stays, since its resume adopts it', async () => {
    const { server } = await place.running();
    await place.perform((await suspend(place.store, server.id, place.clock.now)).job.id);
    const { id, name } = place.provider.put({ name: `gf-${server.id}-2`, owner: ownerOf(server.id) });
    await orderRemoval(id, name);
    expect(await pass()).toMatchObject({
      removed: [],
      alerts: [
        {
          kind: 'unknown-machine',
          message: expect.stringContaining('Resume the server: the resume adopts'),
          detail: { adoptedBy: 'resume' },
        },
      ],
    });
    await place.perform((await resume(place.store, server.id, place.clock.now)).job.id);
    expect(await pass()).toMatchObject({ removed: [], alerts: [] });
    expect(names()).toEqual([name]);
  });

  test('that cannot be removed now is removed by the next pass', async () => {
    unknown();
    await order('gf-lost-1');
    place.provider.lock('vps-1', 1);
    expect((await pass()).removed).toEqual([]);
    expect((await pass()).removed).toEqual(['vps-1']);
  });

  test.each([
    ['of another installation', { ...ownerOf('lost'), installation: 'other' }],
    ['of another server', ownerOf('other')],
  ])('stays when its tag is that %s at the moment of the removal', async (_, owner) => {
    unknown();
    await order('gf-lost-1');
    place.provider.during('get', () => place.provider.alter('vps-1', { owner }));
    expect((await pass()).removed).toEqual([]);
    expect(names()).toEqual(['gf-lost-1']);
  });

  test('is removed by an order when its server is destroyed', async () => {
    const { id } = await destroyed(place.store);
    const machine = place.provider.put({ name: `gf-${id}-2`, owner: ownerOf(id) });
    await orderRemoval(machine.id, machine.name);
    expect((await pass()).removed).toEqual([machine.id]);
  });
});
