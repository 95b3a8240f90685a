import type { LoggedCall } from './call-log.ts';
import type { DnsRecord } from './dns-record.ts';
import type { Fault } from './faults.ts';
import { type Machine, stateOf } from './machine.ts';
import { css } from './page-style.ts';
import type { SimulatedApi } from './simulated-api.ts';

/** The rows of each table. */
export const rowLimit = 100;

export interface PageFacts {
  readonly now: number;
  readonly apis: readonly Pick<SimulatedApi, 'title' | 'basePath'>[];
  readonly machines: readonly Machine[];
  readonly records: readonly DnsRecord[];
  readonly calls: readonly LoggedCall[];
  readonly faults: readonly Fault[];
}

/** The simulator's HTML page: machines, DNS records and calls, newest first. It reloads every two seconds. */
export function page({ now, apis, machines, records, calls, faults }: PageFacts): string {
  const states = machines.map((machine) => stateOf(machine, now));
  const waiting = faults.filter((fault) => fault.times === null || fault.used < fault.times);
  const count = (state: string) => states.filter((other) => other === state).length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Cloud simulator</title>
<style>${css}</style>
</head>
<body>
<header>
<h1>Cloud simulator</h1>
<p>Serves the APIs of ${apis.map(({ title, basePath }) => `${escaped(title)} at <code>${escaped(basePath)}</code>`).join(', ')}. Faults are injected at <code>/_sim</code>. <a href="/stripe/shop">Buy a server in the simulated shop</a>.</p>
<ul>
${figure(count('active'), 'active')}
${figure(count('installing'), 'installing')}
${figure(count('removed'), 'removed')}
${figure(waiting.length, 'faults waiting')}
</ul>
</header>
${waiting.length === 0 ? '' : faultsSection(waiting)}
<section>
<h2>Machines</h2>
${table(
  ['Name', 'State', 'IPv4', 'Region', 'Plan', 'Tags', 'Created'],
  latest(machines).map((one) => machineRow(one, now)),
)}
</section>
<section>
<h2>DNS records</h2>
${table(
  ['Name', 'Type', 'Content', 'TTL', 'Comment'],
  latest(records).map(({ name, type, content, ttl, comment }) => row([name, type, content, ttl, comment ?? ''])),
)}
</section>
<section>
<h2>Calls</h2>
${table(['#', 'At', 'Call', 'Machine', 'Status', 'ms', 'Faults', 'Client'], latest(calls).map(callRow))}
</section>
</body>
</html>
`;
}

function faultsSection(waiting: readonly Fault[]): string {
  const rows = waiting.map((fault) => {
    const { kind, operation, match, share, times, used, id } = fault;
    const matching = Object.entries(match).map(([field, text]) => `${field} ${text}`);
    const calls = matching.length === 0 ? operation : `${operation} (${matching.join(', ')})`;
    const left = times === null ? 'until removed' : `${times - used} of ${times}`;
    return row([kind, calls, left, share === 1 ? 'each' : `${share * 100} %`, detailOf(fault), id]);
  });
  return `<section>\n<h2>Waiting faults</h2>\n${table(['Fault', 'Calls', 'Left', 'Share', 'Detail', 'Id'], rows)}\n</section>`;
}

function detailOf(fault: Fault): string {
  const status = fault.kind === 'status' ? String(fault.status) : '';
  const when = 'when' in fault ? fault.when : '';
  const ms = 'ms' in fault ? `${fault.ms ?? 'endless'} ms` : '';
  return [status, when, ms]
    .filter((part) => part !== '')
    .join(' ')
    .replace('endless ms', 'for ever');
}

function latest<T>(items: readonly T[]): readonly T[] {
  return items.slice(-rowLimit).reverse();
}

function machineRow(machine: Machine, now: number): string {
  const state = stateOf(machine, now);
  const address = (state === 'active' && machine.ipv4) || '';
  const created = new Date(machine.createdAt).toISOString();
  const cells = [machine.label, badge(state), address, machine.region, machine.plan, machine.tags.join(' '), created];
  return row(cells);
}

function callRow(call: LoggedCall): string {
  const status = call.status === null ? badge(call.finishedAt === null ? 'open' : 'lost') : badge(String(call.status));
  const what = `${call.method} ${call.path}`;
  const faults = call.faults.join(' ');
  return row([call.seq, call.at.slice(11, 23), what, call.label ?? '', status, call.ms ?? '', faults, call.client]);
}

interface Badge {
  readonly badge: string;
}

function badge(text: string): Badge {
  return { badge: text };
}

function row(cells: readonly (string | number | Badge)[]): string {
  return `<tr>${cells.map((cell) => `<td>${rendered(cell)}</td>`).join('')}</tr>`;
}

function rendered(cell: string | number | Badge): string {
  if (typeof cell !== 'object') return escaped(String(cell));
  const tone = /^\d/.test(cell.badge) ? `s${cell.badge.charAt(0)}` : cell.badge;
  return `<b class="${escaped(tone)}">${escaped(cell.badge)}</b>`;
}

function table(headings: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return '<p class="none">None yet.</p>';
  const head = headings.map((text) => `<th>${escaped(text)}</th>`).join('');
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function figure(count: number, what: string): string {
  return `<li><strong>${count}</strong> ${escaped(what)}</li>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
