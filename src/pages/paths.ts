/** The paths of the pages that others link to. */
export const overviewPath = '/console';
export const serversPath = '/console/servers';
export const runbookPath = '/console/runbook';

export function serverPath(id: string): string {
  return `${serversPath}/${encodeURIComponent(id)}`;
}
