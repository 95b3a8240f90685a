import { accessSync, constants } from 'node:fs';
import { isIPv6 } from 'node:net';

/** The parts of a URL's text, before any of them is decoded. */
interface UrlText {
  /** User and password: everything before the last `@`; null: there is none. */
  readonly login: string | null;
  /** Host and port. */
  readonly authority: string;
  readonly path: string;
  readonly query: string;
}

/** The faults below are parts of a sentence about the setting. None of them has any part of its text. */
type Fault = string | null;

const needsCode: Readonly<Record<string, string>> = { '/': '%2F', '?': '%3F', '#': '%23', '\\': '%5C' };
const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const sslFiles = ['sslrootcert', 'sslcert', 'sslkey'];

export function redisUrlFault(text: string): Fault {
  if (!/^rediss?:\/\//.test(text)) return 'it does not begin with redis:// or rediss://';
  const url = split(text);
  return commonFault(text, url) ?? hostFault(url.authority) ?? redisPathFault(url);
}

export function databaseUrlFault(text: string): Fault {
  if (text.startsWith('file:')) return fileFault(text.slice('file:'.length));
  if (!/^postgres(ql)?:\/\//.test(text)) return 'it begins with neither file: nor postgres://';
  const url = split(text);
  return commonFault(text, url) ?? postgresHostFault(url) ?? sslFault(new URLSearchParams(url.query));
}

/** The address of an HTTP API. Its key is a setting of its own, so a login in it is a fault. */
export function webAddressFault(text: string): Fault {
  if (!/^https?:\/\//.test(text)) return 'it does not begin with http:// or https://';
  const url = split(text);
  if (url.login !== null) return 'it has a user, a password or an @';
  if (url.query !== '') return 'it has a ?';
  return commonFault(text, url) ?? hostFault(url.authority);
}

/** The address of an HTTP proxy. Node uses none whose scheme has capitals. */
export function proxyUrlFault(text: string): Fault {
  if (!/^https?:\/\//.test(text)) return 'it does not begin with http:// or https://';
  const url = split(text);
  // Programs read it as a / in an http address, so it would end the host.
  if (url.login?.includes('\\')) return uncodedIn('\\');
  const fault = commonFault(text, url) ?? hostFault(url.authority);
  if (fault !== null) return fault;
  return /^\/?$/.test(url.path) && !text.includes('?') ? null : 'after the host comes something that is not a port';
}

/** A list of `host:port`, separated by commas; the port may be absent. */
export function addressListFault(text: string): Fault {
  const faults = text.split(',').map((entry) => hostFault(entry.trim()));
  const at = faults.findIndex((fault) => fault !== null);
  return at < 0 ? null : `in its address ${at + 1} ${faults[at]}`;
}

/** The login ends at the last `@`, so that a character in it that ends the host elsewhere is noticed. */
function split(text: string): UrlText {
  const rest = text.slice(text.indexOf('://') + 3);
  const at = rest.lastIndexOf('@');
  const [, authority = '', path = '', query = ''] = /^([^/?#]*)([^?#]*)(?:\?([^#]*))?/.exec(rest.slice(at + 1)) ?? [];
  return { login: at < 0 ? null : rest.slice(0, at), authority, path, query };
}

function commonFault(text: string, { login }: UrlText): Fault {
  if (/\s/.test(text)) return 'it has a space or a line break';
  const [odd] = /[/?#]/.exec(login ?? '') ?? [];
  if (odd) return uncodedIn(odd);
  if (text.includes('#')) return 'it has a #, which is written %23';
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return 'it has a % that begins no code such as %2F; a % itself is written %25';
  return isDecodable(text) ? null : 'it has a code such as %FF that stands for no character';
}

function uncodedIn(odd: string): string {
  return `its user or password has a ${odd}, which is written ${needsCode[odd]} there`;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function hostFault(authority: string): Fault {
  if (authority.includes(',')) return 'there are several hosts, where one is possible';
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? [];
  if (port !== undefined && !isPort(port)) return 'the port is not from 1 to 65535 (an IPv6 address is in brackets)';
  if (host === '') return 'there is no host';
  return isHost(host) ? null : 'the host is neither a name nor an address';
}

/** URL refuses names that only look like an address, such as 192.0.2.256. */
function isHost(host: string): boolean {
  const isAddress = host.startsWith('[') && isIPv6(host.slice(1, -1));
  return (isAddress || /^[A-Za-z0-9._-]{1,253}$/.test(host)) && URL.canParse(`http://${host}`);
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function redisPathFault({ path, query }: UrlText): Fault {
  if (!/^(\/\d{0,5})?$/.test(path)) return 'after the host comes something that is not the number of a database';
  return /^(family=[046])?$/.test(query) ? null : 'it has a parameter; only family=4 and family=6 have a meaning';
}

/** A socket's folder is the host, either with its slashes as %2F or as the parameter `host`. */
function postgresHostFault({ authority, query }: UrlText): Fault {
  const isSocket = /^%2F/i.test(authority) || (authority === '' && new URLSearchParams(query).has('host'));
  return isSocket ? null : hostFault(authority);
}

function sslFault(parameters: URLSearchParams): Fault {
  const mode = parameters.get('sslmode');
  if (mode !== null && !sslModes.includes(mode)) return `its sslmode is none of ${sslModes.join(', ')}`;
  const unreadable = sslFiles.find((name) => parameters.has(name) && !isReadable(parameters.get(name) ?? ''));
  return unreadable ? `its ${unreadable} is not a file that can be read` : null;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** SQLite takes the path as it is: parts of a URL would become part of a file's name. */
function fileFault(path: string): Fault {
  if (path === '' || path.endsWith('/')) return 'it names no file';
  if (/^:|:\/\/|^\/\/(?!\/)/.test(path)) return 'after file: comes something that is not the path of a file';
  return /[?#]|%[0-9A-F]{2}/i.test(path)
    ? 'its path has a ?, a # or a code such as %20, which have no meaning there'
    : null;
}
