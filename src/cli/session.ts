import { type Answer, type Api, openApi, withQuery } from './api/api.ts';
import type { Items, Preview } from './api/bodies.ts';
import { CliError } from './cli-error.ts';
import { findTarget, type TargetFlags } from './config/target.ts';
import type { Page } from './print/page.ts';
import { hasColours, type Terminal } from './terminal.ts';

/** The options that every command takes. */
export type GlobalFlags = TargetFlags & { readonly json?: true | undefined; readonly preview?: true | undefined };

/** What a command works with. */
export interface Session {
  readonly api: Api;
  readonly terminal: Terminal;
  readonly isJson: boolean;
  /** Prints the body as it came, or the page that people read. */
  print<T>(answer: Answer<T>, page: (body: T) => Page): Promise<void>;
  /** A line for people, beside the result. */
  say(line: string): void;
}

/** Finds the API and its key. Throws CliError if one is missing. */
export async function openSession(flags: GlobalFlags, terminal: Terminal): Promise<Session> {
  const api = openApi(await findTarget(flags, terminal), terminal.stop);
  const isJson = flags.json === true;
  return {
    api: flags.preview ? previewing(api, { isJson, terminal }) : api,
    terminal,
    isJson,
    print: async ({ body, text }, page) => {
      const shown = isJson ? text : await rendered(page(body), terminal);
      terminal.out.write(`${shown}\n`);
    },
    say: (line) => void terminal.err.write(`${line}\n`),
  };
}

/** The same API: instead of a command, it prints what the command would do, and ends the program. */
function previewing(api: Api, { isJson, terminal }: Pick<Session, 'isJson' | 'terminal'>): Api {
  return {
    ...api,
    send: async (command) => {
      const { body, text } = await api.send<Preview>({ ...command, path: withQuery(command.path, { plan: 'true' }) });
      terminal.out.write(`${isJson ? text : body.would.summary}\n`);
      throw new CliError('ok', '');
    },
  };
}

async function rendered(page: Page, terminal: Terminal): Promise<string> {
  const { renderPage } = await import('./print/render.ts');
  return renderPage(page, { colours: hasColours(terminal, terminal.out) });
}

/** Prints a list without pages. */
export async function printItems<T>(
  { api, print }: Session,
  path: string,
  page: (items: readonly T[]) => Page,
): Promise<void> {
  await print(await api.get<Items<T>>(path), ({ items }) => page(items));
}
