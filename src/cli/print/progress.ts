import type { Job } from '#src/cli/api/bodies.ts';
import type { Out } from '#src/cli/terminal.ts';
import { openDisplay, type Row } from '#src/terminal/display.ts';

export interface Progress {
  show(job: Job): void;
  close(): void;
}

/** The progress of one job: a bar in a terminal, elsewhere a line for each change. */
export function openProgress(out: Out): Progress {
  const display = openDisplay(out);
  const startedAt = performance.now();
  return {
    show: (job) => display.show([rowOf(job, (performance.now() - startedAt) / 1000)]),
    close: () => display.release(),
  };
}

function rowOf({ id, serverId, kind, state, progress, waitsFor, error }: Job, seconds: number): Row {
  const isDone = state === 'succeeded';
  const waiting = waitsFor === null ? 'waits for a worker' : `waits for ${waitsFor}`;
  const isOpen = ['waiting', 'queued', 'running'].includes(state);
  const step = isOpen ? (error ?? progress?.step ?? waiting) : state;
  return { id, what: `${kind} ${serverId}  `, percent: isDone ? 100 : (progress?.percent ?? 0), step, seconds, isDone };
}
