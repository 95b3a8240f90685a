/** The words of scheduled rebuilds. */

export const scheduleIntervals = ['day', 'week', 'month'] as const;
export type ScheduleInterval = (typeof scheduleIntervals)[number];

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof weekdays)[number];

/** When a schedule is due, in the time of its zone. */
export interface ScheduleTimes {
  readonly every: ScheduleInterval;
  /** null unless it is weekly. */
  readonly weekday: Weekday | null;
  /** 1 to 31, or the last day of a shorter month; null unless it is monthly. */
  readonly day: number | null;
  /** `HH:MM` */
  readonly at: string;
  /** A time zone such as `Europe/Berlin`. */
  readonly zone: string;
}
