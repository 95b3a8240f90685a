import { alertsPage } from './alerts/alerts.ts';
import { customersPage } from './customers/customers.ts';
import { eventPage } from './events/event.ts';
import { eventsPage } from './events/events.ts';
import { jobPage } from './jobs/job.ts';
import { jobsPage } from './jobs/jobs.ts';
import { logPage } from './jobs/log.ts';
import { keysPage } from './keys/keys.ts';
import { overviewPage } from './overview/overview.ts';
import type { Page } from './page.ts';
import { queuePage } from './queue/queue.ts';
import { runbookPage } from './runbook/runbook.ts';
import { schedulesPage } from './schedules/schedules.ts';
import { searchPage } from './search/search.ts';
import { destroyPage, resumePage, suspendPage } from './servers/command-pages.ts';
import { rebuildPage } from './servers/rebuild.ts';
import { serverPage } from './servers/server.ts';
import { serversPage } from './servers/servers.ts';
import { settingsPage } from './settings/settings.ts';
import { statementPage } from './statements/statement.ts';
import { statementsPage } from './statements/statements.ts';
import { subscriptionPage } from './subscriptions/subscription.ts';
import { subscriptionsPage } from './subscriptions/subscriptions.ts';
import { webhookPage } from './webhooks/webhook.ts';
import { webhooksPage } from './webhooks/webhooks.ts';

/** All pages of the console, in the order of the navigation. */
export const pages: readonly Page[] = [
  overviewPage,
  alertsPage,
  searchPage,
  serversPage,
  serverPage,
  rebuildPage,
  suspendPage,
  resumePage,
  destroyPage,
  jobsPage,
  jobPage,
  logPage,
  customersPage,
  subscriptionsPage,
  subscriptionPage,
  schedulesPage,
  statementsPage,
  statementPage,
  eventsPage,
  eventPage,
  webhooksPage,
  webhookPage,
  keysPage,
  settingsPage,
  queuePage,
  runbookPage,
];
