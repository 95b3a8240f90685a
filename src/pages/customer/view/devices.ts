import { type Html, html } from '#src/html/html.ts';
import { showDevices } from '#src/http/shapes/device.ts';
import type { Scene } from '#src/pages/customer/scene.ts';
import type { Visit } from '#src/pages/customer/visit.ts';

/** The devices with their names and configs; nothing if the link may not get them. */
export function devicesSection(visit: Visit, scene: Scene): Html | string {
  const { may, server } = visit;
  if (!may.includes('vpn') || server.status === 'destroying' || server.status === 'destroyed') return '';
  const devices = showDevices(visit, scene.labels);
  const isOld = devices.some(({ reason }) => reason === 'needs-rebuild');
  return html`<section id="devices" class="sheet">
<h2>Your devices</h2>
<p>Five devices can use the server at the same time. Each needs a config of its own.</p>
<p class="hint">Install the app <b>WireGuard</b> first. On this device: download the config, and open it with the app. On another device: show the QR code here, and scan it there with the app.</p>
${isOld ? html`<p class="flash warn">This server is older than the configs for several devices. After its next rebuild, devices 2 to 5 can connect too.</p>` : ''}
<ol class="devices">
${devices.map((device) => deviceHtml(visit, scene, device))}
</ol>
</section>`;
}

type Device = ReturnType<typeof showDevices>[number];

function deviceHtml({ path }: Visit, { isBusy }: Scene, { device, label, ready, reason }: Device): Html {
  const name = label ?? `Device ${device}`;
  const config = html`<form method="post" action="${path}/config"><input type="hidden" name="device" value="${device}"><button type="submit" aria-label="Download the config of ${name}">Download</button></form>
<form method="post" action="${path}/qr"><input type="hidden" name="device" value="${device}"><button class="plain" type="submit" aria-label="Show the QR code of ${name}">QR code</button></form>`;
  const because = reason === 'needs-rebuild' ? 'After the next rebuild' : 'When the server is ready';
  return html`<li>
<h3>${name}</h3>
<div class="acts">${ready ? config : html`<p class="hint">${because}</p>`}</div>
${isBusy ? '' : nameForm(path, device, label)}
</li>`;
}

/** Not while the page is loaded again and again: a name that is being typed would be lost. */
function nameForm(path: string, device: number, label: string | null): Html {
  return html`<details><summary>Name</summary>
<form class="fields" method="post" action="${path}/name">
<input type="hidden" name="device" value="${device}">
<label>Name of device ${device}<input name="label" value="${label ?? ''}" maxlength="40" autocomplete="off"></label>
<button class="plain" type="submit">Save</button>
</form></details>`;
}
