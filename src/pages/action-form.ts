import { randomUUID } from 'node:crypto';
import { hidden } from '#src/html/form.ts';
import { type Html, html } from '#src/html/html.ts';
import type { Action, Visit } from './page.ts';

interface ActionForm {
  readonly label: string;
  /** The parts of the action's path. */
  readonly params?: Readonly<Record<string, string>>;
  /** Fields that the user does not see. */
  readonly hidden?: Readonly<Record<string, string>>;
  /** Inputs before the button. */
  readonly inputs?: readonly Html[];
  readonly look?: 'plain' | 'danger';
}

/**
 * A button that asks for the action, in a form of its own; null if the session's role may not use the action's route. A
 * form that is sent twice has one effect.
 */
export function actionForm({ api, here }: Visit, action: Action, form: ActionForm): Html | null {
  if (!api.may(action.route)) return null;
  const { label, params = {}, look, inputs = [] } = form;
  const path = action.path.replaceAll(/:(\w+)/g, (_, name) => encodeURIComponent(params[name] ?? ''));
  const fields = { key: `console-${randomUUID()}`, back: `${here.pathname}${here.search}`, ...form.hidden };
  const hiddenFields = Object.entries(fields).map(([name, value]) => hidden(name, value));
  const button = html`<button type="submit" class="${look ?? 'main'}">${label}</button>`;
  return html`<form class="act" method="post" action="${path}">${hiddenFields}${inputs}${button}</form>`;
}
