import { overviewPage } from './overview/overview.ts';
import type { Page } from './page.ts';
import { runbookPage } from './runbook/runbook.ts';
import { serversPage } from './servers/servers.ts';

/** All pages of the console, in the order of the navigation. */
export const pages: readonly Page[] = [overviewPage, serversPage, runbookPage];
