/** The words of the links to the customer's page. */

/** What the holder of a link may do. Every link may `view`. */
export const linkRights = ['view', 'vpn', 'rebuild', 'schedule', 'billing'] as const;
export type LinkRight = (typeof linkRights)[number];
