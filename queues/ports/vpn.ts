/** What the server's VPN said to a handshake; `reason` says what came instead of the proof. */
export type VpnAnswer = { readonly verified: true } | { readonly verified: false; readonly reason: string };

/** The VPN of one server: with the same keys on each of its machines. */
export interface ServerVpn {
  /** Throws VpnKeysError. What makes a new machine the VPN's server at its first boot, as cloud-init takes it. Holds private keys. */
  userData(): string;
  /**
   * Asks the machine at this address for one handshake; takes some seconds where none comes. Verified: it runs the VPN
   * with the server's own keys. The customer's session is not disturbed. Rejects only with the signal's reason.
   */
  handshake(ipv4: string, signal: AbortSignal): Promise<VpnAnswer>;
}

export interface Vpn {
  /** Opens the keys when they are used: then it is that VpnKeysError is thrown. */
  of(serverId: string, sealedKeys: string): ServerVpn;
}

/** The server's keys cannot be opened here: a fault of this process's configuration, and none of the job. */
export class VpnKeysError extends Error {
  override readonly name = 'VpnKeysError';
}
