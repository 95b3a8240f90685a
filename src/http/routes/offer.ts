import { z } from 'zod';
import type { Catalogue } from '#queues/ports/provider.ts';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';

export const locationShape = z
  .object({ id: z.string(), city: z.string(), country: z.string().meta({ description: 'ISO 3166-1 alpha-2 code.' }) })
  .meta({ id: 'Location' });

export const planShape = z
  .object({
    id: z.string(),
    cpus: z.number(),
    memoryMb: z.number(),
    monthlyCost: z.number().meta({ description: 'Monthly cost of the machine without VAT.' }),
    currency: z.string().meta({ description: 'Currency of the cost as the provider bills it: ISO 4217 code.' }),
    locations: z.array(z.string()).meta({ description: 'The ids of the locations that have the plan in stock.' }),
  })
  .meta({ id: 'Plan' });

const locations = route({
  method: 'get',
  path: '/v1/locations',
  access: 'servers:read',
  forCustomers: 'shared',
  summary: 'List the locations for new servers',
  description: 'From the last catalogue read from the provider.',
  answers: { 200: { description: 'All locations', body: z.object({ items: z.array(locationShape) }) } },
  problems: ['not-ready'],
  handle: async (_, services) => {
    const { locations } = await requireCatalogue(services);
    const items = locations.map(({ id, city, country }) => ({ id, city, country }));
    return reply(200, { items });
  },
});

const plans = route({
  method: 'get',
  path: '/v1/plans',
  access: 'servers:read',
  forCustomers: 'shared',
  summary: 'List the plans for new servers',
  description: 'From the last catalogue read from the provider.',
  answers: { 200: { description: 'All plans', body: z.object({ items: z.array(planShape) }) } },
  problems: ['not-ready'],
  handle: async (_, services) => {
    const { plans } = await requireCatalogue(services);
    const items = plans.map(({ id, cpus, memoryMb, monthlyCost, currency, locations }) => ({
      id,
      cpus,
      memoryMb,
      monthlyCost,
      currency,
      locations: [...locations],
    }));
    return reply(200, { items });
  },
});

async function requireCatalogue({ catalogue }: Pick<Services, 'catalogue'>): Promise<Catalogue> {
  const offer = await catalogue();
  if (offer) return offer;
  throw new Problem('not-ready', 'No worker has read the provider’s catalogue yet. Try again in 10 seconds.', {
    headers: retryAfter(10),
  });
}

export const offerRoutes = [locations, plans];
