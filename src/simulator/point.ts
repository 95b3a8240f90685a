/** The points of a call at which faults are injected: before the operation, after it, and when the response is sent. */
export const points = ['arrived', 'acted', 'answered'] as const;
export type Point = (typeof points)[number];
