import { hash } from 'node:crypto';

/** The path below which the customer's pages are. */
export const customerPath = '/s';

/** The SHA-256 of a token, in hex: a link's row has no more of it. A token of 256 random bits needs no slow hash. */
export function digestOfLink(token: string): string {
  return hash('sha256', token);
}

/** The address that a customer opens. */
export function linkAddress(token: string, origin: string): string {
  return `${origin}${customerPath}/${token}`;
}

interface Called {
  readonly protocol: string;
  readonly host: string | undefined;
}

/** Where customers reach this API, without a slash at the end: PUBLIC_URL, else the address of the request. */
export function originOf({ publicUrl }: { readonly publicUrl: string | null }, { protocol, host }: Called): string {
  return publicUrl?.replace(/\/+$/, '') ?? `${protocol}://${host ?? 'localhost'}`;
}
