import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePort } from '#src/start/redis/probe.ts';
import type { TestCertificates } from '../certificates.ts';

/** A reverse proxy that runs with the sample of the documentation. */
export interface ReverseProxy {
  /** Its https address; the port is not 443. */
  readonly url: string;
  readonly port: number;
  /** The log of its requests, as by default. Caddy writes none, so this is everything that it has printed. */
  readonly accessLog: string;
  close(): Promise<void>;
}

export interface ProxyOptions {
  readonly certificates: TestCertificates;
  /** The port of the API. */
  readonly target: number;
  /** Changes the sample. */
  readonly change?: (sample: string) => string;
}

const sampleOf = (name: string) => readFileSync(new URL(`../../docs/proxy/${name}`, import.meta.url), 'utf8');

/** Debian's nginx with docs/proxy/nginx.conf, on a free port of 127.0.0.1 and for any host name. */
export async function startNginx({ certificates, target, change = (sample) => sample }: ProxyOptions) {
  const { folder, port, remove } = await place();
  const site = change(sampleOf('nginx.conf'))
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
    .replace(/^ *listen \[::\]:443 ssl;\n/m, '')
    .replace(/ssl_certificate .*;/, `ssl_certificate ${certificates.certFile};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${certificates.keyFile};`)
    .replace('127.0.0.1:3000', `127.0.0.1:${target}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const main = [
    'daemon off; master_process off;',
    `pid ${join(folder, 'pid')};`,
    'events {}',
    `http { access_log ${join(folder, 'access.log')}; ${temporary.join(' ')}`,
    site,
    '}',
  ];
  writeFileSync(join(folder, 'nginx.conf'), main.join('\n'));
  return run(['nginx', '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], { folder, port, remove });
}

/** Debian's Caddy with docs/proxy/Caddyfile, on a free port of localhost. */
export async function startCaddy({ certificates, target }: ProxyOptions) {
  const { folder, port, remove } = await place();
  const site = sampleOf('Caddyfile')
    .replace(
      'vpn-api.example.com {',
      `https://localhost:${port} {\n\ttls ${certificates.certFile} ${certificates.keyFile}`,
    )
    .replace('127.0.0.1:3000', `127.0.0.1:${target}`);
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n${site}`);
  return run(['caddy', 'run', '--adapter', 'caddyfile', '--config', file], { folder, port, remove });
}

interface Place {
  readonly folder: string;
  readonly port: number;
  remove(): void;
}

async function place(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-proxy-'));
  return { folder, port: await freePort(), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts the program and waits until it serves the API. Rejects with its output if it ends before. */
async function run([program = '', ...args]: readonly string[], { folder, port, remove }: Place): Promise<ReverseProxy> {
  const env = { PATH: process.env.PATH ?? '', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (text) => {
    output += text;
  });
  const exited = once(child, 'exit');
  const url = `https://localhost:${port}`;
  const close = async () => {
    child.kill('SIGKILL');
    await exited;
    remove();
  };
  const ended = exited.then(([code]) => Promise.reject(new Error(`${program} exited with ${code}: ${output}`)));
  const serves = vi.waitFor(async () => void (await fetch(`${url}/livez`)), { timeout: 15_000, interval: 50 });
  try {
    await Promise.race([serves, ended]);
  } catch (error) {
    await close();
    throw error;
  } finally {
    ended.catch(() => undefined);
  }
  return {
    url,
    port,
    get accessLog() {
      const file = join(folder, 'access.log');
      return existsSync(file) ? readFileSync(file, 'utf8') : output;
    },
    close,
  };
}
