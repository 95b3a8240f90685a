import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppViewRoute, UIConfig } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { BoardRoute } from './guard.ts';

/** Our stylesheet hides what is refused; our script says what a retry has recorded. */
const ownFiles = fileURLToPath(new URL('static', import.meta.url));
const ownFilesPath = '/static/ghostifi';
const ownTags = `<link rel="stylesheet" href="${ownFilesPath.slice(1)}/board.css"><script src="${ownFilesPath.slice(1)}/board.js"></script>`;
/** The policy of our pages blocks fonts of another origin, and browsers would report that on each page. */
const foreignFonts = /<link [^>]*href="https:\/\/fonts\.[^>]*>\s*/g;

/** A date with these options is shown in ISO by board.js, and without it still in UTC. */
const inUtc = {
  timeZone: 'UTC',
  timeZoneName: 'short',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
} as const;

export const uiOfEveryone = {
  boardTitle: 'GhostiFi',
  hideDocsLink: true,
  showMetrics: true,
  jobDetails: { defaultTab: 'Logs' },
  dateFormats: { short: inUtc, common: inUtc, full: inUtc },
} as const satisfies UIConfig;

/** Serves Bull Board's page with our stylesheet and script, and passes each of its routes through `guard`. */
export class PageAdapter extends ExpressAdapter {
  readonly #guard: (route: BoardRoute) => BoardRoute;

  constructor(guard: (route: BoardRoute) => BoardRoute) {
    super();
    this.#guard = guard;
    this.app.disable('x-powered-by');
    this.setStaticPath(ownFilesPath, ownFiles);
    this.app.get('/static/locales/en-:country/messages.json', (_request, response) => response.json(messages()));
  }

  override setApiRoutes(routes: BoardRoute[]): ExpressAdapter {
    return super.setApiRoutes(routes.map(this.#guard));
  }

  override setEntryRoute({ route, handler }: AppViewRoute): ExpressAdapter {
    this.app.get(route, (_request, response, next) => {
      const { name, params } = handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      response.render(name, params, (error: unknown, page: string) => {
        if (error) next(error);
        else response.send(page.replace(foreignFonts, '').replace('</head>', `${ownTags}</head>`));
      });
    });
    return this;
  }
}

/** Bull Board's English texts, corrected where our board does something else. */
function messages(): object {
  const folder = dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json'));
  const text = readFileSync(join(folder, 'dist/static/locales/en-US/messages.json'), 'utf8');
  const given = JSON.parse(text);
  const { ACTIONS: actions } = given.QUEUE;
  Object.assign(actions.TOAST, {
    RETRY_DONE: 'Each failed job that can be retried has a new job',
    RETRY_SKIPPED: '{{count}} could not be retried: the state of their servers does not allow it.',
    RETRY_QUEUES_DONE: 'Each failed job that can be retried has a new job',
  });
  Object.assign(actions, {
    RETRY_ALL_FAILED: 'Retry all failed jobs',
    RETRY_FAILED_IN_ALL_QUEUES: 'Retry failed jobs in all queues',
  });
  Object.assign(actions.CONFIRM, {
    RETRY_ALL: 'Record a new job for each {{status}} job that can be retried? The old ones stay as they are.',
    RETRY_FAILED_QUEUES: 'Record a new job for each failed job that can be retried? The old ones stay as they are.',
  });
  given.JOB.ACTIONS.CONFIRM.RETRY = 'Record a new job like this one? This one stays as it is.';
  return given;
}
