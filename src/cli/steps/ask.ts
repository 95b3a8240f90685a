import { CliError } from '#src/cli/cli-error.ts';
import type { Cli } from '#src/cli/group.ts';
import { canAsk, type Terminal } from '#src/cli/terminal.ts';

/**
 * Asks before something is lost, unless the command is only previewed. Throws CliError at a no, and if there is nobody to
 * ask and `--yes` is missing.
 */
export async function confirm(
  question: string,
  isSure: true | undefined,
  { terminal, flags }: Pick<Cli, 'terminal' | 'flags'>,
): Promise<void> {
  if (isSure || flags().preview) return;
  if (!canAsk(terminal)) throw new CliError('usage', `${question} Nobody can answer here: add --yes.`);
  const { confirm } = await import('@clack/prompts');
  const { input, err, stop } = terminal;
  const answer = await confirm({ message: question, initialValue: false, input, output: err, signal: stop });
  if (answer !== true) throw new CliError('failed', 'Nothing was changed.');
}

/** Reads a key: from a prompt that hides it, or from standard input. */
export async function readSecret(question: string, terminal: Terminal): Promise<string> {
  const { input, err, stop } = terminal;
  if (!canAsk(terminal)) return (await import('node:stream/consumers')).text(input);
  const { password, isCancel } = await import('@clack/prompts');
  const answer = await password({ message: question, input, output: err, signal: stop });
  if (isCancel(answer)) throw new CliError('failed', 'Nothing was changed.');
  return answer ?? '';
}
