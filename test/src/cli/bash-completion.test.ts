import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

/** What Bash does at a press of Tab after these words, without the package bash-completion. */
const press = `
ghostifi() { "$NODE" "$PROGRAM" "$@"; }
compopt() { :; }
source <(ghostifi completion bash)
[[ $(complete -p ghostifi) == 'complete -F __ghostifi_complete ghostifi' ]] || exit 1
COMP_WORDS=(ghostifi "$@") COMP_CWORD=$#
__ghostifi_complete
printf '%s\\n' "\${COMPREPLY[@]}"
`;

function completions(...words: readonly string[]): string[] {
  const env = { PATH: process.env.PATH ?? '', NODE: process.execPath, PROGRAM: program };
  const args = ['--norc', '--noprofile', '-c', press, 'bash', ...words];
  const { status, stdout, stderr } = spawnSync('bash', args, { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

test('Bash completes commands and options', () => {
  expect(completions('servers', 're')).toEqual(['rebuild', 'resume']);
  expect(completions('servers', 'list', '--sta')).toEqual(['--status']);
});
