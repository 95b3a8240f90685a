import { z } from 'zod';
import { type Cloud, hasKey } from '#src/simulator/cloud.ts';
import type { Call, Dialect } from '#src/simulator/dialect.ts';
import type { SimulatedApi } from '#src/simulator/simulated-api.ts';
import { errorAnswer } from './errors.ts';
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
    unauthorized: (call) => (hasKey(cloud, call) ? null : errorAnswer(403, 'Invalid access token')),
    subjectOf: (call) => ({ machineId: null, label: nameIn(cloud, call), region: null }),
    errorAnswer,
    locked: () => errorAnswer(400, 'It is locked.'),
  };
}

const bodySchema = z.object({ name: z.string() });

/** The record's name: its present one, the one in the body, or the one in the query. */
function nameIn({ machines: { records } }: Cloud, { id, body, query }: Call): string | null {
  const current = id === '' ? undefined : records.get(id)?.name;
  return current ?? bodySchema.safeParse(body).data?.name ?? query.get('name.exact') ?? query.get('name');
}
