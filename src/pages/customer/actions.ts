import type { Request } from 'express';
import type { LinkRight } from '#db/links.ts';
import { customerPath, originOf } from '#src/http/services/link-token.ts';
import type { RouteName } from '#src/pages/api/page-api.ts';
import { clientFileName } from '#src/vpn/client-config.ts';
import type { CustomerPage } from './view/document.ts';
import { portalPage } from './view/messages.ts';
import { qrPage } from './view/qr.ts';
import type { Visit } from './visit.ts';

/** The fields of a form. */
export interface Sent {
  readonly visit: Visit;
  /** A field without spaces around it; '' if it is not given. */
  readonly field: (name: string) => string;
  /** The names of all fields. */
  readonly names: readonly string[];
  readonly request: Request;
}

export interface Answer {
  /** Not given: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A page, a file, or the path of the next page. */
  readonly content: CustomerPage | string | { readonly next: string };
}

/** One form of the page: a POST to a path below it. */
export interface Action {
  readonly name: string;
  readonly right: LinkRight;
  /** Throws a Problem, and what the API's handlers throw. */
  readonly perform: (sent: Sent) => Promise<Answer>;
}

const config: Action = {
  name: 'config',
  right: 'vpn',
  perform: async (sent) => {
    const content = await ofDevice<string>(sent, 'GET /v1/servers/{id}/vpn.conf');
    const file = clientFileName(sent.visit.server.id, Number(sent.field('device')));
    const headers = {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': `attachment; filename="${file}"`,
    };
    return { headers, content };
  },
};

const qr: Action = {
  name: 'qr',
  right: 'vpn',
  perform: async (sent) => {
    const picture = await ofDevice<Buffer>(sent, 'GET /v1/servers/{id}/vpn.png');
    const device = Number(sent.field('device'));
    const labels = await sent.visit.services.store.readDeviceLabels(sent.visit.server.id);
    const label = labels.find((one) => one.device === device)?.label ?? `Device ${device}`;
    return { content: qrPage(sent.visit, { label, picture }) };
  },
};

function ofDevice<T>({ visit, field }: Sent, route: RouteName): Promise<T> {
  return visit.api.call<T>(route, { params: { id: visit.server.id }, query: { device: field('device') } });
}

const name: Action = {
  name: 'name',
  right: 'vpn',
  perform: async ({ visit, field }) => {
    const params = { id: visit.server.id, device: field('device') };
    await visit.api.call('POST /v1/servers/{id}/devices/{device}', { params, body: { label: field('label') || null } });
    return { content: { next: `${visit.path}?done=name` } };
  },
};

/**
 * The form has the position of the server's newest job when its page was made. A form that is sent twice, or from an old
 * page, asks for nothing more.
 */
const rebuild: Action = {
  name: 'rebuild',
  right: 'rebuild',
  perform: async ({ visit, field }) => {
    const { id, status, lastPosition } = visit.server;
    if (status !== 'running' || field('after') !== String(lastPosition)) {
      return { content: { next: `${visit.path}?done=stale` } };
    }
    const location = field('location');
    await visit.api.call('POST /v1/servers/{id}/rebuild', {
      params: { id },
      body: location === '' ? {} : { location },
      idempotencyKey: `rebuild-after-${lastPosition}`,
    });
    return { content: { next: `${visit.path}?done=rebuild` } };
  },
};

const placePrefix = 'place-';

const schedule: Action = {
  name: 'schedule',
  right: 'schedule',
  perform: async ({ visit, field, names }) => {
    const every = field('every');
    const locations = names.filter((one) => one.startsWith(placePrefix)).map((one) => one.slice(placePrefix.length));
    const body = {
      every,
      at: field('at'),
      zone: field('zone'),
      locations,
      ...(every === 'week' && { weekday: field('weekday') }),
      ...(every === 'month' && { day: Number(field('day')) }),
    };
    await visit.api.call('PUT /v1/servers/{id}/schedule', { params: { id: visit.server.id }, body });
    return { content: { next: `${visit.path}?done=schedule` } };
  },
};

const scheduleOff: Action = {
  name: 'schedule-off',
  right: 'schedule',
  perform: async ({ visit }) => {
    await visit.api.call('DELETE /v1/servers/{id}/schedule', { params: { id: visit.server.id } });
    return { content: { next: `${visit.path}?done=schedule-off` } };
  },
};

/** Stripe gets the address of a page that says only that it is done, and never the link. */
const billing: Action = {
  name: 'billing',
  right: 'billing',
  perform: async ({ visit, request }) => {
    const id = visit.subscriptionId ?? 'none';
    const returnUrl = `${originOf(visit.services.config, request)}${customerPath}/done`;
    const call = { params: { id }, body: { returnUrl } };
    const { url } = await visit.api.call<{ readonly url: string }>('POST /v1/subscriptions/{id}/portal', call);
    return { content: portalPage(url) };
  },
};

/** Everything that a link can ask for. Each needs one right. */
export const actions: readonly Action[] = [config, qr, name, rebuild, schedule, scheduleOff, billing];
