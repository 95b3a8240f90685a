import type { Answer } from '#src/simulator/dialect.ts';

/** Vultr's error shape. */
export function errorAnswer(status: number, message: string): Answer {
  return { status, body: { error: message, status } };
}

export const absent = (): Answer => errorAnswer(404, 'Invalid instance ID');

/** The message as in ansible-collection-vultr#113. */
export const locked = (): Answer =>
  errorAnswer(500, 'Unable to destroy server: Unable to remove VM: Server is currently locked');
