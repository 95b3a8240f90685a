import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram } from './programs.ts';

/** A certificate authority of our own, and a server's certificate that it has signed. */
export interface TestCertificates {
  /** The authority's certificate, as a file and as its text. */
  readonly caFile: string;
  readonly ca: string;
  readonly keyFile: string;
  readonly certFile: string;
  /** The options of a TLS server. */
  readonly server: { readonly key: string; readonly cert: string };
  remove(): void;
}

/** The reason why no certificates can be made here, with advice; null if they can. */
export function whyNoCertificates(): string | null {
  return hasProgram('openssl') ? null : "no openssl was found: install Debian's openssl";
}

/** Makes certificates for cloud.test, localhost and 127.0.0.1 in a temporary folder. */
export function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-certificates-'));
  const [caFile, caKeyFile, certFile, keyFile] = ['ca.pem', 'ca.key', 'server.pem', 'server.key'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  const make = (...options: string[]) =>
    execFileSync(
      'openssl',
      [...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'.split(' '), ...options],
      {
        stdio: 'ignore',
      },
    );
  make('-subj', '/CN=Authority of the tests', '-keyout', caKeyFile, '-out', caFile);
  const names = 'subjectAltName=DNS:cloud.test,DNS:localhost,IP:127.0.0.1';
  const ofServer = [
    '-addext',
    names,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-CA',
    caFile,
    '-CAkey',
    caKeyFile,
  ];
  make('-subj', '/CN=cloud.test', ...ofServer, '-keyout', keyFile, '-out', certFile);
  const text = (file: string) => readFileSync(file, 'utf8');
  return {
    caFile,
    ca: text(caFile),
    keyFile,
    certFile,
    server: { key: text(keyFile), cert: text(certFile) },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
