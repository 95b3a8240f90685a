import { type Html, html } from './html.ts';

export const tones = ['good', 'busy', 'bad', 'warn', 'calm'] as const;
export type Tone = (typeof tones)[number];

/** A short word in a colour. The word says everything: the colour only repeats it. */
export function badge(text: string, tone: Tone): Html {
  return html`<span class="badge ${tone}">${text}</span>`;
}
