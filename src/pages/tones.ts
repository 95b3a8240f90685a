import type { ServerStatus } from '#db/model.ts';
import { badge, type Tone } from '#src/html/badge.ts';
import type { Html } from '#src/html/html.ts';

const serverTones = {
  installing: 'busy',
  running: 'good',
  rebuilding: 'busy',
  suspending: 'busy',
  suspended: 'calm',
  resuming: 'busy',
  destroying: 'busy',
  destroyed: 'calm',
  failed: 'bad',
} as const satisfies Record<ServerStatus, Tone>;

export function serverBadge(status: ServerStatus): Html {
  return badge(status, serverTones[status]);
}
