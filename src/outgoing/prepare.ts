import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * How long the connection to one address of a name may take before the name's next address is tried. Within Node's
 * 250 ms a distant address, or one whose first packet is lost (sent again after 1 s), counts as dead; if the others are
 * dead, too, the name is out of reach for good. After three dead addresses a fourth is still tried within the 5 s that
 * Redis and Postgres get.
 */
const perAddressMs = 1_500;

/**
 * Prepares this process for its connections to other hosts: Redis, Postgres, the cloud and the DNS. To be called before
 * the first one. `authorities` are certificates in PEM that are trusted beside Node's own.
 */
export function prepareConnections(authorities: readonly string[]): void {
  setDefaultAutoSelectFamilyAttemptTimeout(perAddressMs);
  if (authorities.length > 0) setDefaultCACertificates([...getCACertificates('default'), ...authorities]);
}
