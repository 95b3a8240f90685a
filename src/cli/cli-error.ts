import { OperatorError } from '#db/errors.ts';
import type { ExitName } from './exit-codes.ts';

/** A command ends here. The message is one line, and says what to do; empty: it has been said. */
export class CliError extends OperatorError {
  override readonly name: string = 'CliError';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}
