import type { Fetch } from '#src/outgoing/fetch.ts';

/** The options of every driver. */
export interface DriverOptions {
  /** The configured name; stored with every machine, and the first word of every error message. */
  readonly name: string;
  /** With the version, as in `https://api.vultr.com/v2`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  /** The provider's name or number of the image for new machines; all that we support unless given. */
  readonly image?: string | undefined;
  /** The driver's own unless given. */
  readonly listLagMs?: number | undefined;
  /** Names the calling process in the User-Agent. */
  readonly instance?: string | undefined;
  /** Per call; 15 s unless given. */
  readonly deadlineMs?: number | undefined;
  /** Its own, without a proxy, unless given. */
  readonly fetch?: Fetch | undefined;
  readonly now?: (() => Date) | undefined;
}
