import type { Answer } from '#src/simulator/dialect.ts';

/** Vultr's error shape. */
export function refuse(status: number, message: string): Answer {
  return { status, body: { error: message, status } };
}

export const absent = (): Answer => refuse(404, 'Invalid instance ID');

/** Its words as in ansible-collection-vultr#113. */
export const locked = (): Answer =>
  refuse(500, 'Unable to destroy server: Unable to remove VM: Server is currently locked');
