import type { AddGroup } from './group.ts';
import { addAlerts } from './groups/alerts.ts';
import { addCheckout } from './groups/checkout.ts';
import { addCompletionHelp } from './groups/completion.ts';
import { addEvents } from './groups/events.ts';
import { addJobs } from './groups/jobs.ts';
import { addKeys } from './groups/keys.ts';
import { addLocalPrograms } from './groups/local-programs.ts';
import { addLogin } from './groups/login.ts';
import { addMachines } from './groups/machines.ts';
import { addMoney } from './groups/money.ts';
import { addOffer } from './groups/offer.ts';
import { addPurchases } from './groups/purchases.ts';
import { addResumes } from './groups/resumes.ts';
import { addServers } from './groups/servers.ts';
import { addStatus } from './groups/status.ts';
import { addSubscriptions } from './groups/subscriptions.ts';
import { addSwitches } from './groups/switches.ts';
import { addWebhooks } from './groups/webhooks.ts';
import { addWhy } from './groups/why.ts';

/** All commands, in the order of the help. */
export const groups: readonly AddGroup[] = [
  addLogin,
  addStatus,
  addPurchases,
  addServers,
  addJobs,
  addOffer,
  addCheckout,
  addSubscriptions,
  addMoney,
  addEvents,
  addWhy,
  addAlerts,
  addKeys,
  addWebhooks,
  addSwitches,
  addResumes,
  addMachines,
  addLocalPrograms,
  addCompletionHelp,
];
