import { type CloudMachine, type MachineSpec, ProviderError } from '#queues/ports/provider.ts';

/** The behaviour of the cloud. Nothing takes real time. A slow change takes a number of looks. */
export interface FakeHabits {
  /** A new machine runs after it was shown this many times. */
  bootLooks: number;
  /** A new machine is absent from this many lists and finds, while `get` returns it. */
  hiddenLooks: number;
  /** A new machine is absent from this many reads by its id. */
  hiddenReads: number;
  /** A removed machine is shown this many times before it is gone. */
  lingerLooks: number;
  /** Whether the answer to an order has the machine's address. */
  addressAtOrder: boolean;
  /** Whether two machines may have the same name. */
  equalNames: boolean;
  account: string;
  listLagMs: number;
  shownWithinMs: number;
}

export type GivenMachine = Partial<CloudMachine> & Pick<CloudMachine, 'name' | 'owner'>;

interface Kept {
  machine: CloudMachine;
  looksUntilRunning: number;
  looksUntilShown: number;
  readsUntilShown: number;
  /** null if its removal was not requested. */
  looksUntilGone: number | null;
  lockedFor: number;
}

export const epoch = new Date('2026-01-01T00:00:00.000Z');

/** The machines of a cloud in memory. */
export class FakeMachines {
  readonly #habits: FakeHabits;
  readonly #kept = new Map<string, Kept>();
  readonly #userData = new Map<string, string>();
  #made = 0;

  constructor(habits: FakeHabits) {
    this.#habits = habits;
  }

  all(): CloudMachine[] {
    return [...this.#kept.values()].map(({ machine }) => machine);
  }

  /** One read by its id. */
  get(id: string): CloudMachine | null {
    const one = this.#kept.get(id);
    return one && one.readsUntilShown-- <= 0 ? one.machine : null;
  }

  put(given: GivenMachine): CloudMachine {
    this.#made += 1;
    const machine: CloudMachine = {
      id: `vps-${this.#made}`,
      state: 'running',
      ipv4: `192.0.2.${this.#made}`,
      ipv6: null,
      location: 'ewr',
      plan: 'small',
      createdAt: new Date(epoch.getTime() + this.#made),
      ...given,
    };
    this.#kept.set(machine.id, {
      machine,
      looksUntilRunning: 0,
      looksUntilShown: 0,
      readsUntilShown: 0,
      looksUntilGone: null,
      lockedFor: 0,
    });
    return machine;
  }

  order({ userData, ...spec }: MachineSpec): CloudMachine {
    if (!this.#habits.equalNames && this.all().some(({ name }) => name === spec.name))
      throw new ProviderError('name-taken', `The name ${spec.name} is taken.`);
    const address = this.#habits.addressAtOrder ? {} : { ipv4: null };
    const machine = this.put({ ...spec, state: 'pending', ...address });
    if (userData !== null) this.#userData.set(machine.id, userData);
    const { bootLooks, hiddenLooks, hiddenReads } = this.#habits;
    const hidden = { looksUntilShown: hiddenLooks, readsUntilShown: hiddenReads };
    Object.assign(this.#of(machine.id), { looksUntilRunning: bootLooks, ...hidden });
    return machine;
  }

  /** The machines that a list or find shows. Each call is one look at every machine. */
  look(isMeant: (machine: CloudMachine) => boolean): CloudMachine[] {
    const shown = [...this.#kept.values()].filter((one) => this.#lookAt(one));
    return shown.map(({ machine }) => machine).filter(isMeant);
  }

  /** Counts one look at a machine. Returns false if this look does not show it. */
  #lookAt(one: Kept): boolean {
    const { machine } = one;
    if (one.looksUntilGone !== null && one.looksUntilGone-- <= 0) return !this.#kept.delete(machine.id);
    if (one.looksUntilShown-- > 0) return false;
    if (machine.state === 'pending' && one.looksUntilRunning-- <= 0)
      one.machine = { ...machine, state: 'running', ipv4: `192.0.2.${machine.id.slice(4)}` };
    return true;
  }

  requestRemoval(id: string): void {
    const found = this.#kept.get(id);
    if (!found) return;
    if (found.lockedFor-- > 0) throw new ProviderError('busy', `Machine ${id} is locked.`);
    if (this.#habits.lingerLooks === 0) this.#kept.delete(id);
    else found.looksUntilGone ??= this.#habits.lingerLooks;
  }

  alter(id: string, changes: Partial<CloudMachine>): void {
    const one = this.#of(id);
    one.machine = { ...one.machine, ...changes };
  }

  vanish(id: string): void {
    this.#kept.delete(id);
  }

  lock(id: string, times: number): void {
    this.#of(id).lockedFor = times;
  }

  userDataOf(id: string): string | undefined {
    return this.#userData.get(id);
  }

  forgetUserData(id: string): CloudMachine | null {
    this.#userData.delete(id);
    return this.get(id);
  }

  #of(id: string): Kept {
    const found = this.#kept.get(id);
    if (!found) throw new Error(`The fake has no machine ${id}.`);
    return found;
  }
}
