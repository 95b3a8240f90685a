import type { AddGroup } from '#src/cli/group.ts';

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export const completionSummary = 'Print the script that completes commands and options in your shell';

/** Only the help: `completion.ts` adds the command itself when it is called, with the library that it needs. */
export const addCompletionHelp: AddGroup = (program) => {
  program.command('completion').description(completionSummary).argument('<shell>', shells.join(', '));
};
