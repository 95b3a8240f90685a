/** The result of a handshake; `reason` is why the machine is not verified. */
export type VpnAnswer = { readonly verified: true } | { readonly verified: false; readonly reason: string };

/** The VPN of one server. All its machines have the same keys. */
export interface ServerVpn {
  /** The cloud-init text that sets up the VPN on a new machine. Holds private keys. Throws VpnKeysError. */
  userData(): string;
  /**
   * Makes one handshake with the machine at this address; takes some seconds if there is no answer. `verified` proves
   * that the machine runs the VPN with the server's keys. A customer's session continues. Rejects only with the
   * signal's reason.
   */
  handshake(ipv4: string, signal: AbortSignal): Promise<VpnAnswer>;
}

export interface Vpn {
  /** Decrypts the keys only when they are used, so the methods of the result throw VpnKeysError. */
  of(serverId: string, sealedKeys: string): ServerVpn;
}

/** This process cannot decrypt the server's keys: an error of its configuration, and not the job's fault. */
export class VpnKeysError extends Error {
  override readonly name = 'VpnKeysError';
}
