import { readFileSync } from 'node:fs';
import type { Html } from '#src/html/html.ts';
import { markdown } from '#src/html/markdown.ts';
import { runbookPath } from '#src/pages/paths.ts';

/** docs/runbook.md as HTML, read once. */
export interface Runbook {
  readonly whole: Html;
  /** The section about a kind of alert, without its heading; null: there is none. */
  section(kind: string): Html | null;
}

export function readRunbook(): Runbook {
  const text = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
  const [, whole = ''] = /^# .*\n([\s\S]*)$/.exec(text) ?? [];
  const sections = new Map<string, Html>();
  for (const part of text.split(/^## /m).slice(1)) {
    const [heading = '', ...lines] = part.split('\n');
    sections.set(heading.trim(), markdown(lines.join('\n'), linkTo));
  }
  return { whole: markdown(whole, linkTo), section: (kind) => sections.get(kind) ?? null };
}

/** Only the runbook itself is served; its links to other pages of docs/ become text. */
function linkTo(target: string): string | null {
  return target.startsWith('#') ? `${runbookPath}${target}` : null;
}
