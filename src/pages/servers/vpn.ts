import type { Device, Items, ServerInFull } from '#src/cli/api/bodies.ts';
import { type Html, html } from '#src/html/html.ts';
import { table } from '#src/html/table.ts';
import { ifFound } from '#src/pages/if-found.ts';
import type { Visit } from '#src/pages/page.ts';

/** The devices, with their configs and QR codes for those who may hand out keys; null: the server has no keys. */
export async function vpnHtml({ api }: Visit, { id }: ServerInFull): Promise<Html | null> {
  const found = await ifFound(api.call<Items<Device>>('GET /v1/servers/{id}/devices', { params: { id } }));
  if (!found) return null;
  const mayRead = api.may('GET /v1/servers/{id}/vpn.conf');
  const devices = table('Devices', found.items, {
    Device: ({ device, label }) => (label === null ? device : `${device}: ${label}`),
    State: ({ ready, reason }) => (ready ? 'can connect' : obstacles[reason ?? 'no-machine']),
    ...(mayRead && { Config: (device: Device) => (device.ready ? configHtml(id, device) : null) }),
  });
  return html`<h2>VPN</h2>${devices}`;
}

const obstacles = {
  'no-machine': 'no machine serves now',
  'needs-rebuild': 'the next rebuild adds it',
} as const satisfies Record<NonNullable<Device['reason']>, string>;

/** The picture holds a key, so it is loaded only when it is asked for. */
function configHtml(id: string, { device }: Device): Html {
  const path = (file: string) => `/v1/servers/${id}/${file}?device=${device}`;
  const name = `device ${device}`;
  return html`<a href="${path('vpn.conf')}">Config of ${name}</a>
<details><summary>QR code of ${name}</summary><img src="${path('vpn.png')}" alt="QR code of the config of ${name}" width="280" height="280" loading="lazy"></details>`;
}
