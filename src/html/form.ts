import { type Html, html } from './html.ts';

export interface Choice {
  readonly value: string;
  readonly text: string;
}

/** A labelled list to choose from. */
export function select(label: string, field: { name: string; choices: readonly Choice[]; chosen: string }): Html {
  const options = field.choices.map(({ value, text }) =>
    value === field.chosen
      ? html`<option value="${value}" selected>${text}</option>`
      : html`<option value="${value}">${text}</option>`,
  );
  return html`<label>${label}<select name="${field.name}">${options}</select></label>`;
}

/** A labelled line of text. */
export function textInput(label: string, field: { name: string; value: string; required?: boolean }): Html {
  const required = field.required ? html` required` : null;
  return html`<label>${label}<input name="${field.name}" value="${field.value}" maxlength="200" autocomplete="off"${required}></label>`;
}

/** A labelled box, not ticked. Its value is sent only if it is ticked. */
export function checkbox(label: string, field: { name: string; value: string }): Html {
  return html`<label class="box"><input type="checkbox" name="${field.name}" value="${field.value}">${label}</label>`;
}

/** A form that reads: it changes the query of its page. */
export function filterForm(path: string, fields: readonly Html[]): Html {
  return html`<form class="filter" method="get" action="${path}">${fields}<button type="submit">Filter</button></form>`;
}

/** What a form sends that its user does not see. */
export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}
