import tab from '@bomb.sh/tab/commander';
import type { Command } from '@commander-js/extra-typings';
import type { Command as CommanderCommand } from 'commander';
import { bashEnd, bashFront } from './bash-frame.ts';
import type { AddGroup } from './group.ts';
import { addCompletionHelp } from './groups/completion.ts';
import { buildProgram } from './program.ts';
import type { GlobalFlags } from './session.ts';
import type { Terminal } from './terminal.ts';

/** The program with `completion`, which prints a shell's script, and `complete`, which that script calls. */
export function buildWithCompletion(terminal: Terminal, groups: readonly AddGroup[]): Command<[], GlobalFlags> {
  const program = buildProgram(
    terminal,
    groups.filter((add) => add !== addCompletionHelp),
  );
  // The same object: only the types of its options are richer than Commander's own.
  tab(program as unknown as CommanderCommand, { completionCommandName: 'completion' });
  const printForBash = (text: string) => {
    return ({ args: [shell] }: { readonly args: readonly string[] }) => {
      if (shell === 'bash') terminal.out.write(text);
    };
  };
  program.commands
    .find((command) => command.name() === 'completion')
    ?.hook('preAction', printForBash(bashFront))
    .hook('postAction', printForBash(bashEnd));
  return program;
}
