import { createHash } from 'node:crypto';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import { pageAnswer } from './paging.ts';

/**
 * /zones: every domain of two labels is a zone of the account, and contains the longer names. A name that begins with
 * `pending` is a zone too, and waits for its name servers.
 */
export const zoneRoutes: readonly Route[] = [{ method: 'get', path: '/zones', operation: 'zones', act: list }];

/** The id of the zone that contains the name. */
export function zoneIdOf(name: string): string {
  return idOf(name.toLowerCase().split('.').slice(-2).join('.'));
}

export function isZoneId(id: string): boolean {
  return /^[0-9a-f]{32}$/.test(id);
}

function idOf(zone: string): string {
  return createHash('sha256').update(zone).digest('hex').slice(0, 32);
}

function list(call: Call): Answer {
  const name = call.query.get('name');
  const zones = name !== null && (isPending(name) || name.split('.').length === 2) ? [zoneBody(name)] : [];
  return pageAnswer(zones, call, { fallback: 20, max: 50 });
}

function isPending(name: string): boolean {
  return /^pending[a-z0-9-]*\../.test(name);
}

function zoneBody(name: string) {
  const at = '2026-01-01T00:00:00Z';
  return {
    id: idOf(name),
    name,
    status: isPending(name) ? 'pending' : 'active',
    type: 'full',
    paused: false,
    development_mode: 0,
    created_on: at,
    modified_on: at,
    activated_on: at,
    original_dnshost: null,
    original_name_servers: null,
    original_registrar: null,
    name_servers: ['ada.ns.example.com', 'grace.ns.example.com'],
    account: { id: idOf('account'), name: 'Simulated account' },
    owner: { id: idOf('owner'), name: 'Simulated owner', type: 'user' },
    meta: {
      cdn_only: false,
      custom_certificate_quota: 0,
      dns_only: true,
      foundation_dns: false,
      phishing_detected: false,
    },
  };
}
