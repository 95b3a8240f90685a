import { OperatorError } from '#db/errors.ts';
/** The service cannot start; the message says what to do. */
export class StartError extends OperatorError {
  override readonly name = 'StartError';
}
