import { expect, it, vi } from 'vitest';
import type { DataFile } from '#src/simulator/data-file.ts';
import type { Answer, Call, Operation } from '#src/simulator/dialect.ts';
import { MachineStore } from '#src/simulator/machine-store.ts';
import { vultr } from '#src/simulator/vultr/vultr-dialect.ts';
import { manualClock } from './manual-clock.ts';
import { order } from './vultr/client.ts';

const behaviour = { bootMs: 0, bootJitter: 0, vpnMs: 0, createMs: 0, lockMs: 0, apiKeys: [] };

/** A simulated cloud whose disk writes only when the test lets it. */
async function cloudOnSlowDisk() {
  const writes: (() => void)[] = [];
  let slow = false;
  const file: DataFile = {
    load: async () => null,
    save: () => (slow ? new Promise<void>((resolve) => writes.push(resolve)) : Promise.resolve()),
    close: async () => undefined,
  };
  const clock = manualClock();
  const machines = await MachineStore.open({ file, behaviour, clock, random: () => 0 });
  const { routes } = vultr.open({ name: 'vultr', machines, behaviour, clock });
  const ask = async (operation: Operation, facts: Partial<Call>): Promise<Answer> => {
    const route = routes.find((one) => one.operation === operation);
    if (route === undefined) throw new Error(`no route for ${operation}`);
    const nobody = {
      seq: 1,
      client: 'x',
      authorization: null,
      idempotencyKey: null,
      base: '',
      id: '',
      parent: '',
      query: new URLSearchParams(),
      hints: {},
    };
    return route.act({ operation, body: undefined, ...nobody, ...facts }, () => undefined);
  };
  await ask('create', { body: order() });
  slow = true;
  return { ask, writes, id: machines.all()[0]?.id ?? '' };
}

it.each([
  ['create', order(), 202],
  ['update', { label: 'other' }, 202],
  ['delete', undefined, 204],
] as const)('a %s is answered only once it is on disk', async (operation, body, status) => {
  const { ask, writes, id } = await cloudOnSlowDisk();
  const answered = vi.fn();
  const answer = ask(operation, { body, id: operation === 'create' ? '' : id }).then((given) => {
    answered();
    return given;
  });
  await vi.waitFor(() => expect(writes).toHaveLength(1));
  await new Promise((resolve) => setImmediate(resolve));
  expect(answered).not.toHaveBeenCalled();
  for (const write of writes) write();
  expect((await answer).status).toBe(status);
});
