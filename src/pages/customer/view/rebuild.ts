import { type Html, html } from '#src/html/html.ts';
import type { Scene } from '#src/pages/customer/scene.ts';
import { shownDuration } from '#src/pages/customer/usual-times.ts';
import type { Visit } from '#src/pages/customer/visit.ts';
import { placeName } from './state.ts';

/** The form for a rebuild; nothing if the link may not ask for one, or none can be asked for now. */
export function rebuildSection(visit: Visit, scene: Scene): Html | string {
  const { may, path, server, services } = visit;
  if (!may.includes('rebuild') || !scene.mayRebuild) return '';
  const after =
    services.config.dns === 'none'
      ? 'The new one has another address: each device needs its new config then.'
      : 'Then switch the VPN off and on once, on each device. The configs stay the same.';
  const others = scene.otherPlaces.map((place) => html`<option value="${place.id}">${placeName(place)}</option>`);
  return html`<section id="rebuild" class="sheet">
<h2>Rebuild</h2>
<p>A rebuild gives you a fresh server with a new address, here or at another place. The old one works until the new one is ready.</p>
<details><summary>Rebuild the server</summary>
<form class="fields" method="post" action="${path}/rebuild">
<input type="hidden" name="after" value="${server.lastPosition}">
<label>Place<select name="location"><option value="">${placeName(scene.place)} (as now)</option>${others}</select></label>
<p class="hint">It usually takes ${shownDuration(scene.usualRebuildSeconds)}. ${after}</p>
<button type="submit">Rebuild now</button>
</form></details>
</section>`;
}
