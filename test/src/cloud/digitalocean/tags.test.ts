import { describe, expect, it } from 'vitest';
import { digitalocean } from '#src/cloud/digitalocean/digitalocean.ts';
import { manualClock } from '../../simulator/manual-clock.ts';
import { rawClient } from '../../simulator/raw-client.ts';
import { runSimulator } from '../../simulator/running-simulator.ts';
import { faultOf, never, owner } from '../conformance/scene.ts';
import { json, oddServer } from '../odd-server.ts';

const notFound = { id: 'not_found', message: 'The resource you were accessing could not be found.' };

/** Deletes the server's tag at a DigitalOcean that answers each method so. Returns the calls, and the fault. */
async function forgetAt(answers: Record<string, readonly [status: number, body: object]>) {
  const server = await oddServer((request, response) => {
    const [status, body] = answers[request.method ?? ''] ?? [500, {}];
    if (status === 204) response.writeHead(204).end();
    else json(response, status, body);
  });
  const driver = digitalocean({ name: 'digitalocean', apiUrl: server.url, apiKey: 'k' });
  const fault = await faultOf(driver.forgetOwner?.(owner, never) ?? Promise.resolve());
  return { fault, methods: server.asked.map((call) => call.replace(' /tags/ghostifi%3Atest%3Asrv-1', '')) };
}

const usedBy = (count: number) => [200, { tag: { name: 'x', resources: { count } } }] as const;
const done = 'no error but undefined';

describe("DigitalOcean's tags", () => {
  it('count in any case, as a team that used them before has written them', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock });
    const apiUrl = simulator.apiUrl('digitalocean');
    const now = () => new Date(clock.now());
    const driver = digitalocean({ name: 'digitalocean', apiUrl, apiKey: 'simulator', now });
    const tags = ['GhostiFi:Test', 'GhostiFi:test:SRV-1'];
    const order = { name: 'gf-srv-1-1', region: 'ams3', size: 's-1vcpu-1gb', image: 'debian-13-x64', tags };
    const { body } = await rawClient(apiUrl)('POST', '/droplets', order);
    clock.advance(2500);
    const id = String(body.droplet.id);
    expect(await driver.get(id, never)).toMatchObject({ owner });
    expect(await driver.find('another-name', owner, never)).toMatchObject([{ id, owner }]);
    expect(await driver.list(owner.installation, never)).toMatchObject([{ id, owner }]);
  });

  it.each([
    [0, ['GET', 'DELETE']],
    [1, ['GET']],
  ])('of a server go if %i droplets have it', async (count, methods) => {
    expect(await forgetAt({ GET: usedBy(count), DELETE: [204, {}] })).toEqual({ fault: done, methods });
  });

  it('of a server may be absent, and then nothing is deleted', async () => {
    expect(await forgetAt({ GET: [404, notFound] })).toEqual({ fault: done, methods: ['GET'] });
  });

  it('of a server may go between the two calls', async () => {
    const gone = await forgetAt({ GET: usedBy(0), DELETE: [404, notFound] });
    expect(gone).toEqual({ fault: done, methods: ['GET', 'DELETE'] });
  });

  it('of a server stay if the answer does not say how many droplets have it', async () => {
    expect(await forgetAt({ GET: [200, { tag: { name: 'x', resources: {} } }] })).toEqual({
      fault: 'rejected',
      methods: ['GET'],
    });
  });
});
