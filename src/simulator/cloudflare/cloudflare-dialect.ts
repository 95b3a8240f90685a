import { z } from 'zod';
import { type Cloud, hasKey } from '#src/simulator/cloud.ts';
import type { Call, Dialect } from '#src/simulator/dialect.ts';
import type { SimulatedApi } from '#src/simulator/simulated-api.ts';
import { refuse } from './errors.ts';
import { recordRoutes } from './records.ts';
import { zoneRoutes } from './zones.ts';

/** The part of Cloudflare's API v4 that is about DNS records. */
export const cloudflare: SimulatedApi = {
  title: 'Cloudflare (DNS)',
  basePath: '/cloudflare/client/v4',
  serves: 'dns',
  open: cloudflareDialect,
};

function cloudflareDialect(cloud: Cloud): Dialect {
  return {
    routes: [...zoneRoutes, ...recordRoutes(cloud)],
    unauthorized: (call) => (hasKey(cloud, call) ? null : refuse(403, 'Invalid access token')),
    subjectOf: (call) => ({ machineId: null, label: nameIn(cloud, call), region: null }),
    refuse,
    locked: () => refuse(400, 'It is locked.'),
  };
}

const bodySchema = z.object({ name: z.string() });

/** The name that the record has, is asked for, or is to get. */
function nameIn({ machines: { records } }: Cloud, { id, body, query }: Call): string | null {
  const known = id === '' ? undefined : records.get(id)?.name;
  return known ?? bodySchema.safeParse(body).data?.name ?? query.get('name.exact') ?? query.get('name');
}
