import { randomUUID } from 'node:crypto';
import { ipv4Of, ipv6Of } from './addresses.ts';
import type { Clock, Random } from './clock.ts';
import type { Change, DataFile, Snapshot } from './data-file.ts';
import type { Firewall } from './firewall.ts';
import { isListed, type Machine } from './machine.ts';
import { MachineTable, type Wanted } from './machine-table.ts';
import type { Behaviour } from './options.ts';
import { RecordStore } from './record-store.ts';
import { Book } from './stripe/book.ts';
import type { KeyRing } from './vpn/key-ring.ts';
import { wireguardIn } from './vpn/wireguard.ts';

/** How many removed machines are kept for the control API, without their user data. */
export const removedKept = 5_000;

export interface MachineOrder {
  readonly cloud: string;
  readonly label: string;
  readonly hostname: string;
  readonly tags: readonly string[];
  readonly region: string;
  readonly plan: string;
  readonly osId: number;
  readonly userData: string | null;
  readonly ipv6: boolean;
  readonly client: string;
  /** Faults: replace the configured boot time (null: never ready) and delay the machine in lists. */
  readonly bootMs?: number | null | undefined;
  /** A fault: replaces the configured time from the boot to the VPN's first answer (null: never). */
  readonly vpnMs?: number | null | undefined;
  readonly listDelayMs?: number | undefined;
  /** A fault: the machine never gets an IPv4 address. */
  readonly noAddress?: boolean | undefined;
}

export type MachineChange = Partial<Pick<Machine, 'label' | 'tags' | 'plan' | 'userData' | 'osId' | 'ipv6'>>;

export interface MachineStoreOptions {
  readonly file: DataFile;
  readonly behaviour: Behaviour;
  readonly clock: Clock;
  readonly random: Random;
}

/** The machines, firewalls, DNS records and payments of all dialects. A change resolves after it is durable. */
export class MachineStore {
  readonly records: RecordStore;
  readonly payments: Book;
  readonly #options: MachineStoreOptions;
  readonly #machines = new MachineTable();
  readonly #firewalls: Firewall[] = [];
  #nextSerial = 1;

  private constructor(options: MachineStoreOptions, saved: Snapshot | null) {
    this.#options = options;
    this.records = new RecordStore(options.clock, saved?.records ?? [], (change) => this.#save(change));
    this.payments = new Book(options.clock, saved?.payments ?? [], async (objects) => {
      await Promise.all(objects.map((payment) => this.#save({ payment })));
    });
  }

  get vpn(): KeyRing {
    return this.#machines.vpn;
  }

  /** Rejects with a DataFileError if the file cannot be used. */
  static async open(options: MachineStoreOptions): Promise<MachineStore> {
    const saved = await options.file.load();
    const store = new MachineStore(options, saved);
    for (const machine of saved?.machines ?? []) store.#machines.set(machine);
    store.#machines.forgetRemoved(removedKept);
    store.#firewalls.push(...(saved?.firewalls ?? []));
    store.#nextSerial = saved?.nextSerial ?? 1;
    await store.#save();
    return store;
  }

  /** The machine exists from this call on, even before `durable` resolves. */
  make(order: MachineOrder): { machine: Machine; durable: Promise<void> } {
    const now = this.#options.clock.now();
    const serial = this.#nextSerial++;
    const { bootMs, vpnMs = this.#options.behaviour.vpnMs, listDelayMs, noAddress, ipv6, tags, ...rest } = order;
    const readyAt = bootMs === null ? null : now + (bootMs ?? this.#bootMs());
    const machine: Machine = {
      ...rest,
      serial,
      id: randomUUID(),
      tags: [...tags],
      ipv4: noAddress ? null : ipv4Of(serial),
      ipv6: ipv6 ? ipv6Of(serial) : null,
      createdAt: now,
      readyAt,
      wireguard: wireguardIn(order.userData),
      answersAt: readyAt === null || vpnMs === null ? null : readyAt + vpnMs,
      listedAt: now + (listDelayMs ?? 0),
      lockedUntil: now + this.#options.behaviour.lockMs,
      removedAt: null,
    };
    this.#machines.set(machine);
    return { machine, durable: this.#save({ machine }) };
  }

  /** null: the machine does not exist or is removed. */
  get(id: string): Machine | null {
    const machine = this.includingRemoved(id);
    return machine?.removedAt === null ? machine : null;
  }

  /** Finds a machine, even if removed, by its serial number, which some clouds use as the id. */
  withSerial(cloud: string, serial: number): Machine | null {
    const machine = this.#machines.withSerial(serial);
    return machine?.cloud === cloud ? machine : null;
  }

  /** Like `get`, but returns removed machines too. */
  includingRemoved(id: string): Machine | null {
    return this.#machines.get(id);
  }

  async change(id: string, change: MachineChange): Promise<Machine | null> {
    const machine = this.get(id);
    if (machine === null) return null;
    const changed = { ...machine, ...change };
    this.#machines.set(changed);
    await this.#save({ machine: changed });
    return changed;
  }

  /** Does nothing if there is no such machine. */
  async remove(id: string): Promise<void> {
    const machine = this.get(id);
    if (machine === null) return;
    const removed = { ...machine, userData: null, removedAt: this.#options.clock.now() };
    this.#machines.set(removed);
    this.#machines.forgetRemoved(removedKept);
    await this.#save({ machine: removed });
  }

  /** The machines in this cloud's lists now, oldest first. */
  listed(cloud: string, wanted: Wanted = null): readonly Machine[] {
    const now = this.#options.clock.now();
    return this.#machines.existing(cloud, wanted).filter((machine) => isListed(machine, now));
  }

  /** Whether a machine of this cloud has exactly this name, even if no list shows it yet. */
  isNamed(cloud: string, name: string): boolean {
    return this.#machines.existing(cloud, { name }).some(({ label }) => label === name);
  }

  installing(): readonly Machine[] {
    return this.#machines.installing(this.#options.clock.now());
  }

  /** All machines, including removed ones, oldest first. */
  all(): readonly Machine[] {
    return this.#machines.all();
  }

  firewalls(): readonly Firewall[] {
    return this.#firewalls;
  }

  async makeFirewall(name: string, labels: Readonly<Record<string, string>>): Promise<Firewall> {
    const firewall = { serial: this.#nextSerial++, name, labels: { ...labels }, createdAt: this.#options.clock.now() };
    this.#firewalls.push(firewall);
    await this.#save({ firewall });
    return firewall;
  }

  /** Deletes all machines and records, but no firewall. Serials, and therefore addresses, are not used again. */
  async reset(): Promise<void> {
    this.#machines.clear();
    this.records.clear();
    this.payments.clear();
    await this.#save();
  }

  /** Resolves when no write is under way; the store must not be used after that. */
  close(): Promise<void> {
    return this.#options.file.close();
  }

  #bootMs(): number {
    const { behaviour, random } = this.#options;
    return Math.round(behaviour.bootMs * (1 + behaviour.bootJitter * (2 * random() - 1)));
  }

  /** Without a change it writes everything. */
  #save(change?: Change): Promise<void> {
    const snapshot = (): Snapshot => ({
      nextSerial: this.#nextSerial,
      machines: this.all(),
      firewalls: [...this.#firewalls],
      records: this.records.all(),
      payments: this.payments.snapshot(),
    });
    return this.#options.file.save(snapshot, change);
  }
}
