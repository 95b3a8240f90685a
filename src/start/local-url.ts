/** The URL at which this machine reaches a server that listens on that host. */
export function localUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${loopbackOf(host)}:${port}`;
}

function loopbackOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
