import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { examples } from '#src/cli/examples.ts';
import { loadGroups } from '#src/cli/groups.ts';
import { buildProgram } from '#src/cli/program.ts';
import { markdownTable } from '../../markdown-table.ts';
import { pathOf } from './command-path.ts';

const stream = new PassThrough();
const stop = new AbortController().signal;
const terminal = { env: {}, cwd: '/', input: stream, out: stream, err: stream, stop };
const program = buildProgram(terminal, await loadGroups());

/** `vitest run --config test/vitest.config.ts test/src/cli/docs.test.ts -u` updates the page. */
test('docs/cli.md has every command with its options', async () => {
  const intro = readFileSync(new URL('cli-intro.md', import.meta.url), 'utf8').trim();
  const all = markdownTable(['Option', 'Effect'], optionRows(program));
  const page = `${intro}\n\n## Options of every command\n\n${all}\n\n## Commands\n\n${sectionsOf(program).join('\n\n')}\n`;
  await expect(page).toMatchFileSnapshot('../../../docs/cli.md');
});

/** A command with commands below it is a heading only if it does nothing by itself. */
function sectionsOf(parent: CommandUnknownOpts): string[] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .flatMap((command) => {
      if (command.name() === 'help') return [];
      return command.commands.length > 0 ? sectionsOf(command) : [sectionOf(command)];
    });
}

function sectionOf(command: CommandUnknownOpts): string {
  const words = command.registeredArguments.map(argumentText);
  const rows = [
    ...command.registeredArguments
      .filter(({ description }) => description)
      .map((argument) => [`\`${argumentText(argument)}\``, argument.description]),
    ...optionRows(command),
  ];
  const parts = [
    `### ${[pathOf(command), ...words.map((word) => word.replaceAll(/[<>]/g, '\\$&'))].join(' ')}`,
    wrapped(`${command.description()}.`),
    ...(rows.length > 0 ? [markdownTable(['Argument', 'Effect'], rows)] : []),
    `\`\`\`sh\n${(examples[pathOf(command).replace('ghostifi ', '')] ?? []).join('\n')}\n\`\`\``,
  ];
  return parts.join('\n\n');
}

function optionRows(command: CommandUnknownOpts): string[][] {
  return command.options.map(({ flags, description, argChoices, mandatory }) => {
    const choices = argChoices ? `: ${argChoices.join(', ')}` : '';
    return [`\`${flags}\``, `${description}${choices}${mandatory ? ' (required)' : ''}`];
  });
}

function argumentText(argument: CommandUnknownOpts['registeredArguments'][number]): string {
  const { required, variadic } = argument;
  const text = `${argument.name()}${variadic ? '...' : ''}`;
  return required ? `<${text}>` : `[${text}]`;
}

function wrapped(text: string): string {
  return text.replaceAll(/(.{1,118})(?: |$)/g, '$1\n').trim();
}
