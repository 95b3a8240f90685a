/** No byte of the request was sent, so even an order had no effect. */
export class NeverSent extends Error {
  override readonly name = 'NeverSent';
}

/** Certificates that no known authority has signed. */
const unknownAuthority = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** Why a connection or a call failed, for a message; an error of a name with several addresses names each. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  // The messages of the system name the address; those of OpenSSL are long and say less than their code.
  if (code === null || 'syscall' in error || code === 'ERR_PROXY_TUNNEL') return error.message;
  return unknownAuthority.has(code) ? `${code}: CA_FILE must hold the authority that signed the certificate` : code;
}
