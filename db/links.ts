import { type KeyName, keyNamed, type LinkName } from './events.ts';

/** The words of the links to the customer's page. */

/** What the holder of a link may do. Every link may `view`. */
export const linkRights = ['view', 'vpn', 'rebuild', 'schedule', 'billing'] as const;
export type LinkRight = (typeof linkRights)[number];

export function linkNamed(id: string): LinkName {
  return `link:${id}`;
}

/** The actor for a caller's name: a link has its prefix already, which the name of a token cannot have. */
export function actorNamed(caller: string): KeyName | LinkName {
  return isLinkName(caller) ? caller : keyNamed(caller);
}

function isLinkName(caller: string): caller is LinkName {
  return caller.startsWith('link:');
}
