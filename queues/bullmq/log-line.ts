/** A line of a job's log, with the time in UTC as Bull Board shows all times: `2026-11-29T12:00:00Z Ordering`. */
export function logLine(text: string, at = new Date()): string {
  return `${isoSeconds(at)} ${text}`;
}

function isoSeconds(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
