import { type CloudMachine, type Provider, sameOwner } from '#queues/ports/provider.ts';
import { createFakeCalls } from './calls.ts';
import { type FakeHabits, FakeMachines, type GivenMachine } from './machines.ts';

/** `findNamed` is a `find` too, as in the gate. */
export type Operation = 'account' | 'list' | 'find' | 'get' | 'create' | 'remove' | 'forgetUserData' | 'catalogue';

export interface FakeCall {
  readonly operation: Operation;
  /** The name or id in the call. */
  readonly subject: string;
}

/** A cloud in memory that implements the Provider port and fails on demand. */
export interface FakeProvider extends Provider {
  readonly habits: FakeHabits;
  readonly calls: readonly FakeCall[];
  /** All machines that exist, including those that a list does not show yet. */
  machines(): CloudMachine[];
  /** The user data of a machine at the provider. */
  userDataOf(id: string): string | undefined;
  /** Adds a machine, like an earlier order. */
  put(machine: GivenMachine): CloudMachine;
  /** Changes a machine without a call. */
  alter(id: string, changes: Partial<CloudMachine>): void;
  /** Removes a machine at once, like a person by hand. */
  vanish(id: string): void;
  /** The next `times` removals of the machine are answered `busy`. */
  lock(id: string, times: number): void;
  /** The next `times` calls of the operation fail; with `acted` after they took effect, like a lost answer. */
  fail(operation: Operation, error: Error, options?: { times?: number; acted?: boolean }): void;
  heal(): void;
  /** Runs within every later call of the operation, before it acts. */
  during(operation: Operation, body: () => Promise<void> | void): void;
  /** The number of calls of an operation. */
  count(operation: Operation): number;
}

export function fakeProvider(name = 'simulator', changes: Partial<FakeHabits> = {}): FakeProvider {
  const habits: FakeHabits = {
    bootLooks: 1,
    hiddenLooks: 0,
    hiddenReads: 0,
    lingerLooks: 0,
    addressAtOrder: false,
    equalNames: true,
    account: 'acc-1',
    listLagMs: 10_000,
    shownWithinMs: 120_000,
    ...changes,
  };
  const machines = new FakeMachines(habits);
  const { make, fail, heal, during } = createFakeCalls<Operation>();
  const calls: FakeCall[] = [];
  const call: MakeCall = async (operation, [subject, signal], act) => {
    signal.throwIfAborted();
    calls.push({ operation, subject });
    // An abort does not end an order that has begun.
    return make({ operation, signal, abandoned: operation !== 'create' }, act);
  };
  return {
    name,
    images: ['debian-13', 'debian-12'],
    listLagMs: habits.listLagMs,
    shownWithinMs: habits.shownWithinMs,
    listIntervalMs: (count) => 5_000 * Math.max(1, count),
    hurriedListIntervalMs: (count) => 500 * Math.max(1, count),
    ...operations(name, machines, call),
    forgetOwner: null,
    account: (signal) => call('account', [name, signal], () => habits.account),
    habits,
    calls,
    put: (given) => machines.put(given),
    userDataOf: (id) => machines.userDataOf(id),
    machines: () => machines.all(),
    alter: (id, altered) => machines.alter(id, altered),
    vanish: (id) => machines.vanish(id),
    lock: (id, times) => machines.lock(id, times),
    fail,
    heal,
    during,
    count: (operation) => calls.filter((one) => one.operation === operation).length,
  };
}

type MakeCall = <T>(operation: Operation, about: [subject: string, signal: AbortSignal], act: () => T) => Promise<T>;

function operations(
  name: string,
  machines: FakeMachines,
  call: MakeCall,
): Omit<Pick<Provider, Operation | 'findNamed'>, 'account'> {
  return {
    list: (installation, signal) =>
      call('list', [installation, signal], () => machines.look(({ owner }) => owner?.installation === installation)),
    find: (wanted, owner, signal) =>
      call('find', [wanted, signal], () =>
        machines.look((machine) => machine.name === wanted || sameOwner(machine.owner, owner)),
      ),
    findNamed: (wanted, signal) =>
      call('find', [wanted, signal], () => machines.look((machine) => machine.name === wanted)),
    get: (id, signal) => call('get', [id, signal], () => machines.get(id)),
    create: (spec, signal) => call('create', [spec.name, signal], () => machines.order(spec)),
    remove: (id, signal) => call('remove', [id, signal], () => machines.requestRemoval(id)),
    forgetUserData: (id, signal) => call('forgetUserData', [id, signal], () => machines.forgetUserData(id)),
    catalogue: (signal) => call('catalogue', [name, signal], () => ({ locations: [], plans: [] })),
  };
}
