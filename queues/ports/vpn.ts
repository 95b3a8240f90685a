/** A machine that is being asked for handshakes. */
export interface Asking {
  /**
   * Resolves once the machine has proved that it runs the VPN with the server's keys. A customer's session continues.
   * Rejects only with the signal's reason.
   */
  readonly answered: Promise<void>;
  /** What the machine lacks so far, for people. */
  lack(): string;
  /** Whether the first packet has left this host. It says nothing about the machine. */
  readonly firstLeft: Promise<boolean>;
  /**
   * Why no packet has left this host for some seconds, such as no route, or its own firewall; null: packets leave.
   */
  blocked(): string | null;
  /** The sum of all times in which packets could not be sent, in ms. The machine could not answer meanwhile. */
  blockedMs(): number;
}

/** The VPN of one server. All its machines have the same keys. */
export interface ServerVpn {
  /**
   * The cloud-init text that sets up the VPN on a new machine, for so many devices of the customer. Holds private keys.
   * Throws VpnKeysError.
   */
  userData(devices: number): string;
  /**
   * Asks the machine at this address, of either family, until it answers or the signal is aborted. Throws VpnKeysError.
   */
  ask(address: string, signal: AbortSignal): Asking;
}

export interface Vpn {
  /** Decrypts the keys when they are first used, and only then, so the methods of the result throw VpnKeysError. */
  of(serverId: string, sealedKeys: string): ServerVpn;
}

/** This process cannot decrypt the server's keys: an error of its configuration, and not the job's fault. */
export class VpnKeysError extends Error {
  override readonly name = 'VpnKeysError';
}

/** This host cannot send handshakes to the machine: an error of its network, and neither the job's nor the machine's. */
export class ProbeBlockedError extends Error {
  override readonly name = 'ProbeBlockedError';
}
