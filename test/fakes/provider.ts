import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CloudMachine,
  type MachineSpec,
  type Provider,
  ProviderError,
  sameOwner,
} from '#queues/ports/provider.ts';

export type Operation = 'account' | 'list' | 'find' | 'get' | 'create' | 'remove' | 'forgetUserData' | 'catalogue';

export interface FakeCall {
  readonly operation: Operation;
  /** The name or id that the call was about. */
  readonly subject: string;
}

/** How the cloud behaves. Nothing in it takes time; a slow change takes a number of looks. */
export interface FakeHabits {
  /** A new machine runs once it was shown this often. */
  bootLooks: number;
  /** A new machine is absent from this many lists and finds, while `get` returns it. */
  hiddenLooks: number;
  /** A removed machine is shown this often before it is gone. */
  lingerLooks: number;
  /** Whether two machines may carry the same name. */
  equalNames: boolean;
  account: string;
  listLagMs: number;
}

/** A cloud in memory that keeps to the Provider port, and fails on demand. */
export interface FakeProvider extends Provider {
  readonly habits: FakeHabits;
  readonly calls: readonly FakeCall[];
  /** All machines that exist, whether or not a list would show them. */
  machines(): CloudMachine[];
  /** The user data that the provider has of a machine. */
  userDataOf(id: string): string | undefined;
  /** Adds a machine as if it had been ordered before. */
  put(machine: Partial<CloudMachine> & Pick<CloudMachine, 'name' | 'owner'>): CloudMachine;
  /** Changes a machine without a call. */
  alter(id: string, changes: Partial<CloudMachine>): void;
  /** Removes a machine at once, as a person would by hand. */
  vanish(id: string): void;
  /** The next `times` removals of the machine are answered `busy`. */
  lock(id: string, times: number): void;
  /** The next `times` calls of the operation fail; with `acted` after they took effect, as when an answer is lost. */
  fail(operation: Operation, error: Error, options?: { times?: number; acted?: boolean }): void;
  heal(): void;
  /** Runs within every later call of the operation, before it acts. */
  during(operation: Operation, body: () => Promise<void> | void): void;
  /** How often an operation was called. */
  count(operation: Operation): number;
}

interface Kept {
  machine: CloudMachine;
  looksUntilRunning: number;
  looksUntilShown: number;
  /** null: its removal was not requested. */
  looksUntilGone: number | null;
  lockedFor: number;
}

interface Failure {
  readonly operation: Operation;
  readonly error: Error;
  readonly acted: boolean;
  times: number;
}

export const epoch = new Date('2026-01-01T00:00:00.000Z');

export function fakeProvider(name = 'simulator', changes: Partial<FakeHabits> = {}): FakeProvider {
  const habits: FakeHabits = {
    bootLooks: 1,
    hiddenLooks: 0,
    lingerLooks: 0,
    equalNames: true,
    account: 'acc-1',
    listLagMs: 10_000,
    ...changes,
  };
  const kept = new Map<string, Kept>();
  const userData = new Map<string, string>();
  const calls: FakeCall[] = [];
  const hooks: { operation: Operation; body: () => Promise<void> | void }[] = [];
  let failures: Failure[] = [];
  let made = 0;

  const call = async <T>(operation: Operation, subject: string, signal: AbortSignal, act: () => T): Promise<T> => {
    signal.throwIfAborted();
    calls.push({ operation, subject });
    // Every real call lets other work run meanwhile.
    await nextTurn();
    for (const hook of hooks) if (hook.operation === operation) await hook.body();
    // An abort does not end an order that is under way.
    if (operation !== 'create') signal.throwIfAborted();
    const failure = failures.find((one) => one.operation === operation && one.times > 0);
    if (!failure) return act();
    failure.times -= 1;
    if (failure.acted) act();
    throw failure.error;
  };

  const put: FakeProvider['put'] = (given) => {
    made += 1;
    const defaults = { state: 'running', ipv4: `192.0.2.${made}`, ipv6: null, location: 'ewr', plan: 'small' } as const;
    const machine = { id: `vps-${made}`, ...defaults, createdAt: new Date(epoch.getTime() + made), ...given };
    kept.set(machine.id, { machine, looksUntilRunning: 0, looksUntilShown: 0, looksUntilGone: null, lockedFor: 0 });
    return machine;
  };
  const order = ({ userData: text, ...spec }: MachineSpec): CloudMachine => {
    if (!habits.equalNames && [...kept.values()].some(({ machine }) => machine.name === spec.name))
      throw new ProviderError('name-taken', `The name ${spec.name} is taken.`);
    const machine = put({ ...spec, state: 'pending', ipv4: null });
    if (text !== null) userData.set(machine.id, text);
    const { bootLooks, hiddenLooks } = habits;
    Object.assign(of(machine.id), { looksUntilRunning: bootLooks, looksUntilShown: hiddenLooks });
    return machine;
  };
  const of = (id: string): Kept => {
    const found = kept.get(id);
    if (!found) throw new Error(`The fake has no machine ${id}.`);
    return found;
  };
  /** Brings a machine one look further; false: this look does not show it. */
  const lookAt = (one: Kept): boolean => {
    const { machine } = one;
    if (one.looksUntilGone !== null && one.looksUntilGone-- <= 0) return !kept.delete(machine.id);
    if (one.looksUntilShown-- > 0) return false;
    if (machine.state === 'pending' && one.looksUntilRunning-- <= 0)
      one.machine = { ...machine, state: 'running', ipv4: `192.0.2.${machine.id.slice(4)}` };
    return true;
  };
  const look = (isMeant: (machine: CloudMachine) => boolean): CloudMachine[] =>
    [...kept.values()]
      .filter(lookAt)
      .map(({ machine }) => machine)
      .filter(isMeant);
  const askRemoval = (id: string): void => {
    const found = kept.get(id);
    if (!found) return;
    if (found.lockedFor-- > 0) throw new ProviderError('busy', `Machine ${id} is locked.`);
    if (habits.lingerLooks === 0) kept.delete(id);
    else found.looksUntilGone ??= habits.lingerLooks;
  };

  return {
    name,
    listLagMs: habits.listLagMs,
    listIntervalMs: (machines) => 5_000 * Math.max(1, machines),
    account: (signal) => call('account', name, signal, () => habits.account),
    list: (installation, signal) =>
      call('list', installation, signal, () => look(({ owner }) => owner?.installation === installation)),
    find: (wanted, owner, signal) =>
      call('find', wanted, signal, () => look((machine) => machine.name === wanted || sameOwner(machine.owner, owner))),
    get: (id, signal) => call('get', id, signal, () => kept.get(id)?.machine ?? null),
    create: (spec, signal) => call('create', spec.name, signal, () => order(spec)),
    remove: (id, signal) => call('remove', id, signal, () => askRemoval(id)),
    forgetUserData: (id, signal) => call('forgetUserData', id, signal, () => void userData.delete(id)),
    catalogue: (signal) => call('catalogue', name, signal, () => ({ locations: [], plans: [] })),
    habits,
    calls,
    put,
    userDataOf: (id) => userData.get(id),
    machines: () => [...kept.values()].map(({ machine }) => machine),
    alter: (id, altered) => {
      of(id).machine = { ...of(id).machine, ...altered };
    },
    vanish: (id) => void kept.delete(id),
    lock: (id, times) => {
      of(id).lockedFor = times;
    },
    fail: (operation, error, { times = 1, acted = false } = {}) =>
      void failures.push({ operation, error, acted, times }),
    heal: () => {
      failures = [];
    },
    during: (operation, body) => void hooks.push({ operation, body }),
    count: (operation) => calls.filter((one) => one.operation === operation).length,
  };
}
