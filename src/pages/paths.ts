/** The paths of the pages that others link to. */
export const overviewPath = '/console';
export const alertsPath = '/console/alerts';
export const serversPath = '/console/servers';
export const jobsPath = '/console/jobs';
export const queuePath = '/console/queue';
export const searchPath = '/console/search';
export const customersPath = '/console/customers';
export const subscriptionsPath = '/console/subscriptions';
export const statementsPath = '/console/statements';
export const eventsPath = '/console/events';
export const schedulesPath = '/console/schedules';
export const webhooksPath = '/console/webhooks';
export const keysPath = '/console/keys';
export const settingsPath = '/console/settings';
export const runbookPath = '/console/runbook';

export function serverPath(id: string): string {
  return `${serversPath}/${encodeURIComponent(id)}`;
}

/** The page that shows what a command on a server would do. */
export function commandPath(id: string, command: 'rebuild' | 'suspend' | 'resume' | 'destroy'): string {
  const part = id.startsWith(':') ? id : encodeURIComponent(id);
  return `${serversPath}/${part}/${command}`;
}

export function jobPath(id: string): string {
  return `${jobsPath}/${encodeURIComponent(id)}`;
}

export function customerPath(customer: string): string {
  return `${customersPath}?customer=${encodeURIComponent(customer)}`;
}

export function subscriptionPath(id: string): string {
  return `${subscriptionsPath}/${encodeURIComponent(id)}`;
}

export function statementPath(day: string): string {
  return `${statementsPath}/${encodeURIComponent(day)}`;
}

export function eventPath(id: string): string {
  return `${eventsPath}/${encodeURIComponent(id)}`;
}

export function webhookPath(id: string): string {
  return `${webhooksPath}/${encodeURIComponent(id)}`;
}

export function jobLogPath(id: string): string {
  return `${jobPath(id)}/log`;
}
