/** Where in a call's life a fault can strike: before it acts, after it acted, and when the answer goes out. */
export const points = ['arrived', 'acted', 'answered'] as const;
export type Point = (typeof points)[number];
