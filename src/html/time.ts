import { type Html, html } from './html.ts';

/**
 * A time, such as `2026-01-31 12:00:00 +00:00`. A script shows it in the zone of the browser, in the same width. `instant`
 * is in ISO 8601; null stays null.
 */
export function time(instant: string): Html;
export function time(instant: string | null): Html | null;
export function time(instant: string | null): Html | null {
  if (instant === null) return null;
  const text = `${instant.slice(0, 10)} ${instant.slice(11, 19)} +00:00`;
  return html`<time datetime="${instant}" title="${instant}">${text}</time>`;
}
