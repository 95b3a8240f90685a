import type { Queue, Sale } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page } from './page.ts';
import { localTime } from './texts.ts';

export function salePage({ open, ...change }: Sale): Page {
  return [fieldsOf({ state: saleState({ open }), ...changeFields(change) })];
}

export function queuePage({ paused, ...change }: Queue): Page {
  return [fieldsOf({ state: queueState({ paused }), ...changeFields(change) })];
}

export function saleState({ open }: Pick<Sale, 'open'>): string {
  return open ? 'open' : 'stopped';
}

export function queueState({ paused }: Pick<Queue, 'paused'>): string {
  if (paused === null) return 'unknown: Redis does not answer';
  return paused ? 'paused' : 'running';
}

function changeFields({ by, reason, changedAt }: Omit<Sale, 'open'>) {
  return { by, reason, changed: localTime(changedAt) };
}
