/** The proxy for calls to https addresses. */
export interface ProxySettings {
  /** `http://host:port` or `https://host:port`, with user and password if it asks for them; null: no proxy. */
  readonly url: string | null;
  /** The hosts that are called directly, in the form of NO_PROXY. */
  readonly except: string;
  /** A variable that other programs read and that has no effect here, such as HTTP_PROXY; null: none is set. */
  readonly ignored: string | null;
}

export const noProxy: ProxySettings = { url: null, except: '', ignored: null };

/** The proxy settings as Node's agents read them. */
export function proxyEnvironment({ url, except }: ProxySettings) {
  return url === null ? {} : { https_proxy: url, no_proxy: except };
}

/** Ends the message about a connection that was not opened; without user and password. Empty if no proxy is set. */
export function describeProxy({ url, except, ignored }: ProxySettings, address: string): string {
  if (!address.startsWith('https:')) return '';
  if (url !== null) return ` (HTTPS_PROXY is set: ${new URL(url).host}${except === '' ? '' : `, except ${except}`})`;
  return ignored === null ? '' : ` (${ignored} is set, but only HTTPS_PROXY is used)`;
}
