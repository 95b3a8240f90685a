import type { Scope } from '#db/keys.ts';
import type { Html } from '#src/html/html.ts';
import type { PageApi, PageCall, RouteName } from './api/page-api.ts';
import type { Runbook } from './runbook/sections.ts';

/** One request for a page. */
export interface Visit {
  readonly api: PageApi;
  /** The parts of the path that the page names with a colon. */
  readonly params: Readonly<Record<string, string>>;
  /** The fields of the query; '' for one that is not given. */
  readonly asked: (field: string) => string;
  /** The path and the query, for links to the same page. */
  readonly here: URL;
  readonly runbook: Runbook;
}

export interface View {
  readonly title: string;
  readonly body: Html;
  /** Whether the page has charts, which need the scripts that draw them. */
  readonly hasCharts?: boolean;
}

/** One page of the console. */
export interface Page {
  /** In Express's syntax: `/console/servers/:id`. */
  readonly path: string;
  /** Its name in the navigation; not given: it is not there. */
  readonly nav?: string;
  /** Without this scope the page shows nothing, and is not in the navigation. */
  readonly scope?: Scope;
  readonly show: (visit: Visit) => Promise<View>;
}

/** A form's POST: calls of one route of the API. */
export interface Action {
  /** In Express's syntax. */
  readonly path: string;
  readonly route: RouteName;
  /** Calls the route, once as a rule; reads with `api`. Throws a Problem. */
  readonly perform: (form: Form, call: CallRoute, api: PageApi) => Promise<Done>;
}

/** Calls the action's route with the form's idempotency key, unless the call has one of its own. */
export type CallRoute = <T>(call?: PageCall) => Promise<T>;

export interface Form {
  readonly params: Readonly<Record<string, string>>;
  /** A field; '' if it is not given. */
  readonly field: (name: string) => string;
}

export interface Done {
  /** One sentence for the next page. */
  readonly message: string;
  /** A text after it, with a button that copies it. */
  readonly copied?: string;
  /** The path of the next page; not given: the page with the form. */
  readonly next?: string;
}
