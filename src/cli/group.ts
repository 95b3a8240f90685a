import type { Command } from '@commander-js/extra-typings';
import type { GlobalFlags, Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** What the commands of a group are given. */
export interface Cli {
  readonly terminal: Terminal;
  /** Only valid inside an action, when the arguments have been read. */
  readonly flags: () => GlobalFlags;
  /** Finds the API and the key, inside an action. */
  readonly open: () => Promise<Session>;
}

/** Adds a group of commands to the program. A group loads what it needs inside its actions, so that help is quick. */
export type AddGroup = (program: Command<[], GlobalFlags>, cli: Cli) => void;
