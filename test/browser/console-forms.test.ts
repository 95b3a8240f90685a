import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { alert, alertKinds } from '#queues/alerts/alert.ts';
import { ownerTags } from '#src/cloud/owner-tags.ts';
import { buyRefused } from '../buy-refused.ts';
import { findBrowser, type Installation, startInstallation } from './installation.ts';
import { look, screens } from './look.ts';

const browser = findBrowser();
const soon = { timeout: 60_000, interval: 100 };
const slow = { timeout: 300_000 };
/** As long as a customer may be, with no place for a break. */
const customer = `${'long'.repeat(47)}@example.com`;

describe.skipIf(browser === null)('the forms of the console in a browser', () => {
  let installation: Installation;
  let serverId: string;

  const stateOf = async (id: string) => (await installation.world.store.readJob(id))?.state;

  /** A purchase whose server runs. */
  const bought = async (by: string) => {
    const purchased = await installation.world.buy(by);
    await vi.waitFor(async () => expect(await stateOf(purchased.job.id)).toBe('succeeded'), soon);
    return purchased;
  };

  beforeAll(async () => {
    installation = await startInstallation(browser ?? '');
    const { world } = installation;
    serverId = (await bought(customer)).server.id;
    const refused = (await buyRefused(world)).job.id;
    await vi.waitFor(async () => expect(await stateOf(refused)).toBe('failed'), soon);
  }, 120_000);
  afterEach(() => installation?.leavePages());
  afterAll(() => installation?.close());

  /** The alerts of workers and of all others: the overview shows them with their buttons. */
  const raiseEveryKind = async () => {
    const detail = { serverId, by: 'boss', reason: customer, machineName: `gf-${serverId}-9`, adoptedBy: null };
    const about = { subject: 'x'.repeat(64), message: `Look at ${customer}.`, raisedAt: new Date(), detail };
    for (const kind of alertKinds) await installation.world.store.raiseAlert(alert({ ...about, kind }));
  };
  const unfold = (page: Page) =>
    page.evaluate('for (const one of document.querySelectorAll("details:has(form, img)")) one.open = true');

  test('everything works without JavaScript', slow, async () => {
    const { world } = installation;
    const { id } = (await bought('without-scripts')).server;
    const page = await installation.openPage({ javaScriptEnabled: false });
    const open = (rest: string) => page.goto(`${installation.url}/console${rest}`);
    const click = (name: string) => page.getByRole('button', { name, exact: true }).first().click();
    const said = (text: string | RegExp) => page.getByRole('status').getByText(text).waitFor();
    await open('');
    await page.getByLabel('API token').fill(installation.asOperator.authorization?.replace('Bearer ', '') ?? '');
    await click('Sign in');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();

    await open(`/servers/${id}`);
    await page.getByText('Make a link…').click();
    await page.getByLabel('get the VPN').check();
    await click('Make the link');
    await said('It is shown only now:');
    const url = (await page.locator('.flash code').textContent()) ?? '';
    expect((await fetch(url)).status).toBe(200);
    await click('Revoke');
    await said('The link is revoked');
    expect((await fetch(url)).status).toBe(404);

    await page.getByRole('link', { name: 'Suspend…' }).click();
    await page.getByLabel('Reason, without personal data').fill('a test');
    await click('Suspend now');
    await said(/^The suspend of server/);
    await vi.waitFor(async () => expect((await world.store.readServer(id))?.server.status).toBe('suspended'), soon);
    await page.reload();
    await page.getByRole('link', { name: 'Resume…' }).click();
    await click('Resume now');
    await said(/^The resume of server/);

    await open('/jobs?state=failed');
    await click('Retry all failed jobs that fit the filter');
    await said('1 retries are recorded.');
    await vi.waitFor(async () => expect((await world.store.readServer(id))?.server.status).toBe('running'), soon);

    await open(`/servers/${id}/destroy`);
    await page.getByLabel('Type ').fill('another');
    await click('Destroy for ever');
    await said('Nothing was destroyed');
    const name = (await world.store.readServer(id))?.server.hostname ?? '';
    await page.getByLabel('Type ').fill(name);
    await click('Destroy for ever');
    await said(/^The destroy of server/);

    await orderLostMachine(installation);
    await vi.waitFor(async () => {
      await open('');
      expect(await page.getByText('gf-lost-1').count()).toBeGreaterThan(0);
    }, soon);
    const lost = page.getByRole('article').filter({ hasText: 'gf-lost-1' });
    await lost.getByText('Remove the machine…').click();
    await lost.getByLabel('Type the name of the machine').fill('gf-lost-1');
    await lost.getByRole('button', { name: 'Remove for ever' }).click();
    await said('Machine gf-lost-1 is removed with the next inventory');
  });

  test.each(['viewer', 'operator'] as const)('a %s sees alerts and forms on every screen', slow, async (role) => {
    await raiseEveryKind();
    const page = await installation.signIn(role);
    const seen = {
      viewer: ['/alerts', '/alerts?from=20'],
      operator: [`/servers/${serverId}`, `/servers/${serverId}/suspend`],
    };
    const faults: string[] = [];
    for (const rest of ['', ...seen[role]]) {
      const picture = `forms/${role}${rest.replace(serverId, 'server').replaceAll('/', '-')}`;
      const about = { url: installation.url, path: `/console${rest}`, screens, picture };
      faults.push(...(await look(page, { ...about, before: unfold })));
    }
    expect(faults).toEqual([]);
  });
});

/** A machine that carries our tag and has no row. */
async function orderLostMachine({ world }: Installation): Promise<void> {
  const tags = ownerTags({ installation: 'test', serverId: 'srv-lost' });
  const answer = await fetch(`${world.simulatorUrl}/instances`, {
    method: 'POST',
    headers: { authorization: 'Bearer simulator', 'content-type': 'application/json' },
    body: JSON.stringify({ region: 'ewr', plan: 'vc2-1c-1gb', os_id: 2136, label: 'gf-lost-1', tags }),
  });
  expect(answer.status).toBe(202);
}
