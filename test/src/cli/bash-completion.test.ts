import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

const ours = 'ghostifi() { "$NODE" "$PROGRAM" "$@"; }';

/** What Bash does at a press of Tab after these words, without the package bash-completion. */
const press = `
${ours}
compopt() { :; }
source <(ghostifi completion bash)
[[ $(complete -p ghostifi) == 'complete -F __ghostifi_complete ghostifi' ]] || exit 1
COMP_WORDS=(ghostifi "$@") COMP_CWORD=$#
__ghostifi_complete
printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** What Bash prints when it runs the script. It must not complain. */
function bash(script: string, words: readonly string[] = []): string[] {
  const env = { PATH: process.env.PATH ?? '', NODE: process.execPath, PROGRAM: program };
  const args = ['--norc', '--noprofile', '-c', script, 'bash', ...words];
  const { status, stdout, stderr } = spawnSync('bash', args, { env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

test('Bash completes commands and options', () => {
  expect(bash(press, ['servers', 're'])).toEqual(['rebuild', 'resume']);
  expect(bash(press, ['servers', 'list', '--sta'])).toEqual(['--status']);
});

test('Bash may read the script again, and its own command for constants is left as it was', () => {
  const again = `
    ${ours}
    script=$(ghostifi completion bash)
    eval "$script"
    eval "$script"
    readonly later=1
    echo "$(type -t readonly) $ShellCompDirectiveKeepOrder"
    readonly -p | grep -c ShellCompDirective
    (later=2) 2> /dev/null || echo constant`;
  expect(bash(again)).toEqual(['builtin 32', '6', 'constant']);
});
