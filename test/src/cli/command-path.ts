import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** The words that call the command: `ghostifi servers show`. */
export function pathOf(command: CommandUnknownOpts): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
