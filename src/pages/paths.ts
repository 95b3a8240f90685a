/** The paths of the pages that others link to. */
export const overviewPath = '/console';
export const serversPath = '/console/servers';
export const jobsPath = '/console/jobs';
export const searchPath = '/console/search';
export const runbookPath = '/console/runbook';

export function serverPath(id: string): string {
  return `${serversPath}/${encodeURIComponent(id)}`;
}

export function jobPath(id: string): string {
  return `${jobsPath}/${encodeURIComponent(id)}`;
}

/** The servers of a customer. */
export function customerPath(customer: string): string {
  return `${serversPath}?${new URLSearchParams({ customer })}`;
}
