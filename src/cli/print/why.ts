import type { Why } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page, type Table, tableOf } from './page.ts';
import { localTime } from './texts.ts';

type Link = Why['chain'][number];

/** The chain, oldest first, each with what it changed at the cloud and in the DNS. */
export function whyPage({ subject, complete, chain }: Why): Page {
  const { kind, value, serverId, machine } = subject;
  const about = fieldsOf({ [kind]: value, ...(kind !== 'server' && { server: serverId }), machine });
  const cut = complete ? [] : ['Only the newest 100 events are shown.'];
  return [about, ...cut, ...tableOf(chain.flatMap(linesOf), { at: ({ at }) => at, what: ({ what }) => what })];
}

interface Line {
  readonly at: Table['rows'][number][number];
  readonly what: string;
}

function linesOf({ at, message, calls }: Link): Line[] {
  const changes = calls.map(({ at, service, operation, target, outcome, ms, message }) => ({
    at: localTime(at),
    what: `· ${service}: ${operation} ${target}: ${outcome} after ${ms} ms${message === null ? '' : ` (${message})`}`,
  }));
  return [...changes, { at: localTime(at), what: message }];
}
