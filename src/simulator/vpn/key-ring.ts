import type { KeyObject } from 'node:crypto';
import { isAnswering, isInstalling, type Machine } from '#src/simulator/machine.ts';
import { isInitiationFor } from '#src/vpn/initiation.ts';
import { macKeyOf } from '#src/vpn/noise.ts';
import { privateKeyOf, publicBytesOf } from '#src/vpn/x25519.ts';
import { type AcceptedInitiations, createAcceptedInitiations } from './accepted-initiations.ts';
import { inTurn, outward } from './likely-first.ts';
import type { Wireguard } from './wireguard.ts';

/** A first message of WireGuard, and its first MAC. */
const packetBytes = 148;
const macAt = 116;
/** How many packets are kept with their server. */
const keptPackets = 20_000;

/** One WireGuard server: all machines with its private key. */
interface Server {
  readonly privateKey: string;
  /** Increases with each server. */
  readonly number: number;
  /** Oldest first. */
  readonly machines: Map<string, Machine>;
  newest: Machine;
  /** Made when they are first needed. */
  keys: ServerKeys | null;
}

interface ServerKeys {
  readonly privateKey: KeyObject;
  readonly accepted: AcceptedInitiations;
  readonly macKey: Buffer;
}

/**
 * The WireGuard servers of the machines that exist. Only the first MAC of a packet says which server it is for, so keys
 * have to be tried. The server of a packet that was sent before is kept. For a new one, the servers are tried in this order:
 * in turn those that were not asked yet and have booted, those that were asked and have not answered, and those that
 * boot; then those that have answered, since a worker needs one answer of each machine.
 */
export class KeyRing {
  readonly #servers = new Map<string, Server>();
  readonly #unasked = new Set<Server>();
  /** Asked, and not answering yet. The one that was asked longest ago comes first: it is asked again next. */
  readonly #waiting = new Set<Server>();
  readonly #answering = new Set<Server>();
  readonly #earlier = new Map<string, Server>();
  #lastNumber = 0;
  /** The server that was asked last for the first time. Workers ask in the order of a list. */
  #lastFound = Number.POSITIVE_INFINITY;

  /** Adds the machine, or replaces the one with the same id; leaves out a removed one. */
  set(machine: Machine): void {
    const { wireguard } = machine;
    if (wireguard === null) return;
    const server = this.#servers.get(wireguard.privateKey);
    if (machine.removedAt === null) this.#add(machine, wireguard, server);
    else if (server) this.#remove(machine, server);
  }

  clear(): void {
    for (const part of [this.#servers, this.#unasked, this.#waiting, this.#answering, this.#earlier]) part.clear();
  }

  /** The newest machine of the server that the first message is for, and the server's keys; null: there is none. */
  find(packet: Buffer, now: number): { machine: Machine; keys: ServerKeys } | null {
    if (packet.length !== packetBytes) return null;
    const mac = packet.toString('latin1', macAt);
    const earlier = this.#earlier.get(mac);
    const server = earlier && this.#isFor(packet, earlier) ? earlier : this.#searched(packet, now);
    if (server === null) return null;
    if (server !== earlier) this.#remember(mac, server);
    this.#noteAsked(server, now);
    return { machine: server.newest, keys: keysOf(server) };
  }

  #add(machine: Machine, { privateKey }: Wireguard, existing: Server | undefined): void {
    const number = existing?.number ?? ++this.#lastNumber;
    const server = existing ?? { privateKey, number, machines: new Map(), newest: machine, keys: null };
    server.machines.set(machine.id, machine);
    if (machine.serial >= server.newest.serial) server.newest = machine;
    if (existing) return;
    this.#servers.set(privateKey, server);
    this.#unasked.add(server);
  }

  #remove(machine: Machine, server: Server): void {
    server.machines.delete(machine.id);
    server.newest = [...server.machines.values()].at(-1) ?? machine;
    if (server.machines.size > 0) return;
    this.#servers.delete(server.privateKey);
    this.#drop(server);
  }

  #searched(packet: Buffer, now: number): Server | null {
    const unasked = [...this.#unasked];
    const at = unasked.findIndex(({ number }) => number > this.#lastFound);
    const isBooting = ({ newest }: Server) => isInstalling(newest, now);
    const booted = outward(unasked, at, (server) => !isBooting(server));
    const likely = inTurn([booted, this.#waiting.values(), outward(unasked, at, isBooting)]);
    for (const server of likely) if (this.#isFor(packet, server)) return server;
    return [...this.#answering].reverse().find((server) => this.#isFor(packet, server)) ?? null;
  }

  #isFor(packet: Buffer, server: Server): boolean {
    return server.machines.size > 0 && isInitiationFor(packet, keysOf(server).macKey);
  }

  #remember(mac: string, server: Server): void {
    this.#earlier.set(mac, server);
    for (const old of this.#earlier.keys()) {
      if (this.#earlier.size <= keptPackets) return;
      this.#earlier.delete(old);
    }
  }

  #noteAsked(server: Server, now: number): void {
    if (this.#unasked.has(server)) this.#lastFound = server.number;
    this.#drop(server);
    const asked = isAnswering(server.newest, now) ? this.#answering : this.#waiting;
    asked.add(server);
  }

  #drop(server: Server): void {
    for (const part of [this.#unasked, this.#waiting, this.#answering]) part.delete(server);
  }
}

function keysOf(server: Server): ServerKeys {
  server.keys ??= keysFrom(server.privateKey);
  return server.keys;
}

function keysFrom(base64: string): ServerKeys {
  const privateKey = privateKeyOf(Buffer.from(base64, 'base64'));
  const macKey = macKeyOf(publicBytesOf(privateKey));
  return { privateKey, macKey, accepted: createAcceptedInitiations() };
}
