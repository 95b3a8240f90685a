import type { Storefront } from '#src/start/storefront.ts';
import type { Display } from '#src/terminal/display.ts';

/** Everything that a part of the demo uses: the service, the display, and the signal to stop. */
export interface Stage {
  readonly shop: Storefront;
  readonly display: Display;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly isTerminal: boolean;
}
