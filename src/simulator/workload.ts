import type { MachineStore } from './machine-store.ts';

/** The number of machines being made, and its maximum. */
export interface Load {
  readonly current: number;
  readonly max: number;
}

export interface ClientLoad extends Load {
  readonly client: string;
}

/**
 * Counts machines being made: in a create call, or still installing. `end` is called at the
 * instant when the machine starts installing, so it counts once. Only a new create raises the count, so the maximum is
 * updated there.
 */
export class Workload {
  readonly #machines: MachineStore;
  /** The client of each create without a machine yet, by seq. */
  readonly #creating = new Map<number, string>();
  readonly #peaks = new Map<string, number>();
  #peak = 0;

  constructor(machines: MachineStore) {
    this.#machines = machines;
  }

  begin(seq: number, client: string): void {
    this.#creating.set(seq, client);
    const busy = this.#busy();
    this.#peak = Math.max(this.#peak, busy.length);
    const own = busy.filter((other) => other === client).length;
    this.#peaks.set(client, Math.max(this.#peaks.get(client) ?? 0, own));
  }

  /** Call it when the create has made its machine, or has ended without one. */
  end(seq: number): void {
    this.#creating.delete(seq);
  }

  load(): Load & { readonly clients: readonly ClientLoad[] } {
    const busy = this.#busy();
    const clients = [...this.#peaks].map(([client, max]) => {
      return { client, current: busy.filter((other) => other === client).length, max };
    });
    return { current: busy.length, max: this.#peak, clients };
  }

  reset(): void {
    this.#peaks.clear();
    this.#peak = 0;
  }

  /** The client of each machine being made. */
  #busy(): readonly string[] {
    return [...this.#creating.values(), ...this.#machines.installing().map((machine) => machine.client)];
  }
}
