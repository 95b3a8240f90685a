import { isInstalling, type Machine } from './machine.ts';
import { KeyRing } from './vpn/key-ring.ts';

/** Which machines to list: those with this name or this tag in any case, or all of a cloud. */
export type Wanted = { readonly name: string } | { readonly tag: string } | null;

/**
 * All machines, indexed by everything that calls ask for: rendering or even reading all of them at each call would make
 * the simulator slower than the service. A changed machine is a new object with the same id.
 */
export class MachineTable {
  readonly vpn = new KeyRing();
  readonly #all = new Map<string, Machine>();
  readonly #ids = new Map<number, string>();
  /** The machines that exist, by cloud, name and tag. */
  readonly #existing = new Map<string, Map<string, Machine>>();
  /** The ids of the machines that may still be installing. */
  readonly #booting = new Set<string>();
  /** Ids; the oldest removal comes first. */
  readonly #removed = new Set<string>();

  get(id: string): Machine | null {
    return this.#all.get(id) ?? null;
  }

  withSerial(serial: number): Machine | null {
    return this.get(this.#ids.get(serial) ?? '');
  }

  /** Including removed machines; oldest first. */
  all(): readonly Machine[] {
    return [...this.#all.values()];
  }

  /** The machines of a cloud that are not removed, oldest first, even those that no list shows yet. */
  existing(cloud: string, wanted: Wanted = null): readonly Machine[] {
    const found = [...(this.#existing.get(keyOf(cloud, wanted)) ?? new Map<string, Machine>()).values()];
    // A machine that got its name or tag later comes last in the index.
    return wanted === null ? found : found.sort((one, other) => one.serial - other.serial);
  }

  installing(now: number): readonly Machine[] {
    const found: Machine[] = [];
    for (const id of this.#booting) {
      const machine = this.get(id);
      if (machine && isInstalling(machine, now)) found.push(machine);
      else this.#booting.delete(id);
    }
    return found;
  }

  /** Adds the machine, or replaces the one with the same id. */
  set(machine: Machine): void {
    const before = this.#all.get(machine.id);
    const keys = machine.removedAt === null ? keysOf(machine) : [];
    if (before) this.#unindex(before, keys);
    else this.#booting.add(machine.id);
    this.#all.set(machine.id, machine);
    this.vpn.set(machine);
    this.#ids.set(machine.serial, machine.id);
    for (const key of keys) this.#indexed(key).set(machine.id, machine);
    if (machine.removedAt !== null) this.#removed.add(machine.id);
  }

  /** Forgets the oldest removed machines but these many. */
  forgetRemoved(kept: number): void {
    for (const id of this.#removed) {
      if (this.#removed.size <= kept) return;
      this.#removed.delete(id);
      this.#ids.delete(this.#all.get(id)?.serial ?? 0);
      this.#all.delete(id);
    }
  }

  clear(): void {
    this.vpn.clear();
    for (const part of [this.#all, this.#ids, this.#existing, this.#booting, this.#removed]) part.clear();
  }

  #indexed(key: string): Map<string, Machine> {
    const machines = this.#existing.get(key) ?? new Map<string, Machine>();
    this.#existing.set(key, machines);
    return machines;
  }

  #unindex(machine: Machine, keep: readonly string[]): void {
    for (const key of keysOf(machine)) {
      const machines = this.#existing.get(key);
      if (keep.includes(key) || !machines) continue;
      machines.delete(machine.id);
      if (machines.size === 0) this.#existing.delete(key);
    }
  }
}

function keysOf({ cloud, label, tags }: Machine): readonly string[] {
  return [null, { name: label }, ...tags.map((tag) => ({ tag }))].map((wanted) => keyOf(cloud, wanted));
}

function keyOf(cloud: string, wanted: Wanted): string {
  if (wanted === null) return cloud;
  return 'name' in wanted ? `${cloud} name ${wanted.name.toLowerCase()}` : `${cloud} tag ${wanted.tag.toLowerCase()}`;
}
