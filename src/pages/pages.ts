import { jobPage } from './jobs/job.ts';
import { jobsPage } from './jobs/jobs.ts';
import { overviewPage } from './overview/overview.ts';
import type { Page } from './page.ts';
import { runbookPage } from './runbook/runbook.ts';
import { searchPage } from './search/search.ts';
import { rebuildPage } from './servers/rebuild.ts';
import { serverPage } from './servers/server.ts';
import { serversPage } from './servers/servers.ts';

/** All pages of the console, in the order of the navigation. */
export const pages: readonly Page[] = [
  overviewPage,
  searchPage,
  serversPage,
  serverPage,
  rebuildPage,
  jobsPage,
  jobPage,
  runbookPage,
];
