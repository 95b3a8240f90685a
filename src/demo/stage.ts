import type { Storefront } from '#src/start/storefront.ts';
import type { Display } from './display.ts';

/** Everything that a part of the demo uses: the service, and where its progress is shown. */
export interface Stage {
  readonly shop: Storefront;
  readonly display: Display;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly isTerminal: boolean;
}
