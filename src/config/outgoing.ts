import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ProxySettings } from '#src/outgoing/proxy.ts';
import type { Environment } from './environment.ts';
import type { Values } from './variables.ts';

interface AuthoritiesRead {
  /** Each certificate as PEM. */
  readonly authorities: readonly string[];
  readonly faults: readonly string[];
}

const mustBe = 'CA_FILE must be a file with certificates in PEM';
const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of CA_FILE, and its faults. An empty file has none: compose mounts one if CA_FILE is not set. */
export function readAuthorities({ CA_FILE: path }: Values): AuthoritiesRead {
  if (path === null) return { authorities: [], faults: [] };
  try {
    const text = readFileSync(path, 'utf8');
    const authorities = text.match(certificates) ?? [];
    if (authorities.every(isCertificate) && (authorities.length > 0 || text === '')) return { authorities, faults: [] };
    return { authorities: [], faults: [`${mustBe}, but ${path} is not.`] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { authorities: [], faults: [`${mustBe}, but ${path} cannot be read (${code}).`] };
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** The environment with HTTPS_PROXY and NO_PROXY, which other programs prefer in lower case. */
export function withProxyNames(env: Environment): Environment {
  return { ...env, HTTPS_PROXY: env.https_proxy || env.HTTPS_PROXY, NO_PROXY: env.no_proxy || env.NO_PROXY };
}

const ignoredNames = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

export function proxySettings({ HTTPS_PROXY: url, NO_PROXY: except }: Values, env: Environment): ProxySettings {
  return { url, except: except ?? '', ignored: ignoredNames.find((name) => env[name]?.trim()) ?? null };
}
