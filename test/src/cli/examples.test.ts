import { PassThrough } from 'node:stream';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, it } from 'vitest';
import { examples } from '#src/cli/examples.ts';
import { groups, loadGroups } from '#src/cli/groups.ts';
import { buildProgram } from '#src/cli/program.ts';
import { emptyHome, runIn } from './cli-under-test.ts';
import { pathOf } from './command-path.ts';

const stream = new PassThrough();
const terminal = { env: {}, cwd: '/', input: stream, out: stream, err: stream, stop: new AbortController().signal };
const everything = await loadGroups();

/** Every command that does something, with its words. */
function commandsOf(parent: CommandUnknownOpts): CommandUnknownOpts[] {
  const all = parent.commands.flatMap((command) => (command.commands.length > 0 ? commandsOf(command) : [command]));
  return all.filter((command) => command.name() !== 'help');
}

/** The arguments of the program in a line for a shell. */
function argumentsIn(line: string): string[] {
  const [, text = ''] = /ghostifi ([^|<>)]*)/.exec(line) ?? [];
  return Array.from(text.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '');
}

const lines = Object.entries(examples).flatMap(([words, lines]) => lines.map((line) => [line, words] as const));

it.each(lines)('%s is a command line that the program understands', async (line, words) => {
  const program = buildProgram(terminal, everything);
  const called: string[] = [];
  for (const command of commandsOf(program)) command.action(() => void called.push(pathOf(command)));
  await program.parseAsync(argumentsIn(line), { from: 'user' });
  expect(called).toEqual([`ghostifi ${words}`]);
});

it('every command has an example, which its help shows', async () => {
  const paths = commandsOf(buildProgram(terminal, everything)).map(pathOf);
  expect(
    Object.keys(examples)
      .map((words) => `ghostifi ${words}`)
      .toSorted(),
  ).toEqual(paths.toSorted());
  const { out } = await runIn(emptyHome(), ['servers', 'resume', '--help']);
  expect(out).toContain(`\nExamples:\n  ${examples['servers resume']?.[0]}\n`);
});

it.each(groups)('a line with one of $commands finds it in its group, which is loaded alone', async ({ commands }) => {
  for (const command of commands) {
    const { commands: built } = buildProgram(terminal, await loadGroups(command));
    expect(built.map((one) => one.name())).toEqual(commands);
  }
});
