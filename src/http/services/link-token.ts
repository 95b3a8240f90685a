import { hash } from 'node:crypto';

/** The path below which the customer's pages are. */
export const customerPath = '/s';

/** What is stored of a link's token: its SHA-256, in hex. A token of 256 random bits needs no slow hash. */
export function digestOfLink(token: string): string {
  return hash('sha256', token);
}

/** The address that a customer opens. `origin`: where customers reach the API, perhaps with a path. */
export function linkAddress(token: string, origin: string): string {
  return `${origin.replace(/\/+$/, '')}${customerPath}/${token}`;
}
