import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pages } from '#src/pages/pages.ts';
import { buyRefused } from '../buy-refused.ts';
import { findBrowser, type Installation, startInstallation } from './installation.ts';
import { look, screens } from './look.ts';

const browser = findBrowser();
const soon = { timeout: 60_000, interval: 100 };
const roles = ['viewer', 'operator'] as const;

describe.skipIf(browser === null)('the console in a browser', () => {
  let installation: Installation;
  let serverId: string;
  let jobId: string;

  beforeAll(async () => {
    installation = await startInstallation(browser ?? '');
    const { world, send } = installation;
    const { server, job } = await world.buy();
    const stateOf = async (id: string) => (await world.store.readJob(id))?.state;
    await vi.waitFor(async () => expect(await stateOf(job.id)).toBe('succeeded'), soon);
    serverId = server.id;
    jobId = job.id;
    const refused = await buyRefused(world);
    await vi.waitFor(async () => expect(await stateOf(refused.job.id)).toBe('failed'), soon);
    await send('/v1/sale', { open: false, reason: 'The stock of fra is used up' });
  }, 120_000);
  afterAll(() => installation?.close());

  /** A path for each page; one with a part of its own needs an example here. */
  const pathOf = (path: string): string => {
    const filled = path.replace('servers/:id', `servers/${serverId}`).replace('jobs/:id', `jobs/${jobId}`);
    if (filled.includes(':')) throw new Error(`${path} needs an example in this test.`);
    return filled;
  };

  test.each(roles)('a %s sees every page, light and dark, narrow and wide', { timeout: 240_000 }, async (role) => {
    const page = await installation.signIn(role);
    const faults: string[] = [];
    for (const path of ['/', ...pages.map(({ path }) => pathOf(path))])
      for (const screen of screens) {
        const picture = `${role}${path.replace(serverId, 'server').replace(jobId, 'job').replaceAll('/', '-')}`;
        faults.push(...(await look(page, { url: installation.url, path, screen, picture })));
      }
    expect(faults).toEqual([]);
  });
});
