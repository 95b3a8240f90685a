import { z } from 'zod';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';

const settingShape = z
  .object({
    name: z.string().meta({ example: 'DEFAULT_PLAN' }),
    value: z.string().nullable().meta({ description: 'null: not set, or a secret.' }),
    source: z.enum(['set', 'default', 'not set']),
    isSecret: z.boolean().meta({ description: 'true: its value is never shown.' }),
    about: z.string(),
  })
  .meta({ id: 'Setting' });

export const settingsShape = z
  .object({
    version: z.string().meta({ description: 'Of this program.' }),
    node: z.string(),
    now: instant.meta({ description: 'By the clock that the service uses, which follows the database’s.' }),
    databaseTime: instant,
    machineTime: instant.meta({ description: 'By the clock of the API’s machine.' }),
    settings: z.array(settingShape).meta({ description: 'Those of the process that answers.' }),
  })
  .meta({ id: 'Settings' });

const show = route({
  method: 'get',
  path: '/v1/settings',
  access: 'audit:read',
  summary: 'Show the configuration of the API, its version and its clocks',
  description: 'Secrets and the passwords of addresses are left out.',
  answers: { 200: { description: 'The configuration', body: settingsShape } },
  handle: async (_, { program: { version, settings: shown }, store, now }) => {
    const databaseTime = (await store.readTime()).toISOString();
    const times = { now: now().toISOString(), databaseTime, machineTime: new Date().toISOString() };
    const settings = shown.map((setting) => ({ ...setting }));
    return reply(200, { version, node: process.version, ...times, settings });
  },
});

export const settingsRoutes = [show];
