import { accessSync, constants } from 'node:fs';
import { hasProgram } from '../programs.ts';

const programs = ['unshare', 'nsenter', 'ip', 'nft', 'sysctl', 'wg', 'wg-quick', 'wireguard-go', 'ping'];

/** Everything that this computer lacks for hosts made of namespaces. */
export const lacking: readonly string[] = [
  ...(process.getuid?.() === 0 ? [] : ['root']),
  ...programs.filter((program) => !hasProgram(program)),
  ...(canOpen('/dev/net/tun') ? [] : ['/dev/net/tun']),
];

/** The end of the name of a group of tests that is skipped; '' if nothing is lacking. */
export const skipped = lacking.length === 0 ? '' : ` (skipped: without ${lacking.join(', ')})`;

function canOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
