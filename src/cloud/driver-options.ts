/** What every driver is told. */
export interface DriverOptions {
  /** The configured name, stored with every machine and first in every error message. */
  readonly name: string;
  /** With the version, as in `https://api.vultr.com/v2`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  /** The system that machines are installed with, as the provider calls it; Debian 12 unless given. */
  readonly image?: string | undefined;
  /** The driver's own unless given. */
  readonly listLagMs?: number | undefined;
  /** Which process calls, for the User-Agent. */
  readonly instance?: string | undefined;
  /** Per call; 15 s unless given. */
  readonly deadlineMs?: number | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly now?: (() => Date) | undefined;
}
