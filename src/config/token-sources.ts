import { readLines } from './file-lines.ts';
import { parseTokens, type Token } from './tokens.ts';
import type { Values } from './variables.ts';

interface TokensRead {
  readonly tokens: readonly Token[];
  readonly faults: readonly string[];
}

/** The tokens of API_TOKENS and API_TOKENS_FILE together, and their faults. */
export function readTokens(values: Values): TokensRead {
  const listed = (values.API_TOKENS ?? '').split(',').map((entry) => entry.trim());
  const ofList = parseTokens(listed.filter(Boolean), 'API_TOKENS');
  const ofFile = readTokenFile(values.API_TOKENS_FILE);
  const tokens = [...ofList.tokens, ...ofFile.tokens];
  const faults = [...ofList.faults, ...ofFile.faults, ...duplicateFaults(tokens)];
  return { tokens, faults: tokens.length === 0 && faults.length === 0 ? [noToken] : faults };
}

const noToken =
  'API_TOKENS (or API_TOKENS_FILE) must hold at least one name:role:secret; nobody can use the API without a token. `npm start` creates its own.';

/** The fault does not show the path: it is a token if somebody has confused the two variables. */
function readTokenFile(path: string | null): TokensRead {
  if (path === null) return { tokens: [], faults: [] };
  const read = readLines(path);
  if ('lines' in read) return parseTokens(read.lines, 'API_TOKENS_FILE');
  const fault = `API_TOKENS_FILE must be the path of a file that can be read, but it is not (${read.code}).`;
  return { tokens: [], faults: [fault] };
}

function duplicateFaults(tokens: readonly Token[]): string[] {
  const names = tokens.map(({ name }) => name);
  const repeated = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  const faults = [...repeated].map((name) => `Two tokens are named ${name}; give each its own name.`);
  const secrets = new Set(tokens.map(({ digest }) => digest.toString('hex')));
  if (secrets.size < tokens.length && repeated.size === 0) {
    faults.push('Two tokens have the same secret; give each its own.');
  }
  return faults;
}
