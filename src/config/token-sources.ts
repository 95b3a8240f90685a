import { readFileSync } from 'node:fs';
import { parseTokens, type Token } from './tokens.ts';
import type { Values } from './variables.ts';

/** A guess at a secret this long is hopeless; `openssl rand -hex 12` makes one. */
const shortestSecret = 24;

/** The tokens of API_TOKENS and API_TOKENS_FILE together, and what is wrong with them. */
export function readTokens(values: Values): { tokens: Token[]; faults: string[] } {
  const loopback = isLoopback(values.HOST);
  const rules = { shortestSecret: loopback ? 1 : shortestSecret };
  const listed = (values.API_TOKENS ?? '').split(',').map((entry) => entry.trim());
  const file = readTokenFile(values.API_TOKENS_FILE);
  const ofList = parseTokens(listed.filter(Boolean), { ...rules, source: 'API_TOKENS' });
  const ofFile = parseTokens(file.entries, { ...rules, source: 'API_TOKENS_FILE' });
  const tokens = [...ofList.tokens, ...ofFile.tokens];
  const faults = [...ofList.faults, ...file.faults, ...ofFile.faults, ...doubles(tokens)];
  if (tokens.length === 0 && faults.length === 0) {
    faults.push(
      'API_TOKENS (or API_TOKENS_FILE) must hold at least one name:role:secret, or nobody can use the API; `npm start` makes tokens of its own.',
    );
  }
  return { tokens, faults };
}

function readTokenFile(path: string | null): { entries: string[]; faults: string[] } {
  if (path === null) return { entries: [], faults: [] };
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    const entries = lines.map((line) => line.replace(/^\s*#.*$/, '').trim()).filter(Boolean);
    return { entries, faults: [] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { entries: [], faults: [`API_TOKENS_FILE must be a file that can be read, but ${path} is not (${code}).`] };
  }
}

function doubles(tokens: readonly Token[]): string[] {
  const names = tokens.map(({ name }) => name);
  const repeated = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  const faults = [...repeated].map((name) => `Two tokens are named ${name}; give each its own name.`);
  const secrets = new Set(tokens.map(({ digest }) => digest.toString('hex')));
  if (secrets.size < tokens.length && repeated.size === 0) {
    faults.push('Two tokens have the same secret; give each its own.');
  }
  return faults;
}

function isLoopback(host: string | null): boolean {
  return host === null || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
