/** The path of the dashboard; its API and its files are below it. */
export const boardPath = '/admin/queues';
export const signInPath = '/admin/login';
export const signOutPath = '/admin/logout';

const pageOfDashboard = /^\/(admin\/queues|console)(\/[\w.%/-]*)?(\?[\w.%=&+~*-]*)?$/;

/**
 * The path itself if it is a page of the dashboard or the console, else the dashboard's first page. Prevents open
 * redirects.
 */
export function dashboardPath(path: unknown): string {
  return typeof path === 'string' && pageOfDashboard.test(path) ? path : boardPath;
}

/** Links in the dashboard's menu. */
export const boardLinks = [
  { text: 'API', url: '/docs' },
  { text: 'Alerts', url: '/v1/alerts' },
  { text: 'Sign out', url: '/admin/logout' },
];
