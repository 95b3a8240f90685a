import type { LoggedCall } from './call-log.ts';
import type { DnsRecord } from './dns-record.ts';
import type { Fault } from './faults.ts';
import { type Machine, stateOf } from './machine.ts';

const rowLimit = 100;

export interface PageFacts {
  readonly now: number;
  readonly machines: readonly Machine[];
  readonly records: readonly DnsRecord[];
  readonly calls: readonly LoggedCall[];
  readonly faults: readonly Fault[];
}

/** The simulator's page for people: its machines and its latest calls, newest first, renewed every two seconds. */
export function page({ now, machines, records, calls, faults }: PageFacts): string {
  const states = machines.map((machine) => stateOf(machine, now));
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
<p>Speaks the APIs of Vultr at <code>/v2</code>, DigitalOcean at <code>/digitalocean/v2</code>, Hetzner Cloud at <code>/hetzner/v1</code> and Cloudflare's DNS at <code>/cloudflare/client/v4</code>; told what to do wrong at <code>/_sim</code>.</p>
<ul>
${figure(count('active'), 'active')}
${figure(count('installing'), 'installing')}
${figure(count('removed'), 'removed')}
${figure(faults.filter((fault) => fault.times === null || fault.used < fault.times).length, 'faults waiting')}
</ul>
</header>
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

function table(heads: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return '<p class="none">None yet.</p>';
  const head = heads.map((text) => `<th>${escaped(text)}</th>`).join('');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function figure(count: number, what: string): string {
  return `<li><strong>${count}</strong> ${escaped(what)}</li>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const css = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #667085; --line: #e4e7ec; --paper: #fff; --back: #f6f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #2c3442; --paper: #171c24; --back: #0f1319; }
}
body { margin: 0 auto; max-width: 84rem; padding: 2rem 1.5rem; font: 14px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 0 0 .75rem; font-size: 1rem; } p { margin: .25rem 0 0; color: var(--soft); }
ul { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
li { min-width: 7rem; padding: .6rem 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--paper); color: var(--soft); }
li strong { display: block; font-size: 1.4rem; color: var(--ink); }
section { margin-bottom: 1.25rem; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--paper); }
.scroll { overflow: auto; max-height: 30rem; } table { width: 100%; border-collapse: collapse; }
th { position: sticky; top: 0; background: var(--paper); color: var(--soft); font-weight: 500; text-align: left; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td, code { font-family: ui-monospace, monospace; font-size: 12px; } .none { color: var(--soft); }
b { padding: .1rem .45rem; border-radius: 1rem; font-weight: 600; background: #98a2b333; }
.active, .s2 { color: #067647; background: #17b26a26; } .installing, .open, .s3 { color: #b54708; background: #f7900926; }
.lost, .s4, .s5 { color: #b42318; background: #f0443826; } .removed { color: var(--soft); }
`;
