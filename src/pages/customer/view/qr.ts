import { html } from '#src/html/html.ts';
import type { Visit } from '#src/pages/customer/visit.ts';
import type { CustomerPage } from './document.ts';

interface QrCode {
  readonly label: string;
  /** As PNG. */
  readonly picture: Buffer;
}

/** The QR code of a device's config. It has the private key of the device, so nothing stores the page. */
export function qrPage({ path }: Visit, { label, picture }: QrCode): CustomerPage {
  const title = `QR code of ${label}`;
  return {
    title,
    body: html`<main id="main"><section class="sheet qr">
<h1>${title}</h1>
<p>Open the app WireGuard on that device, add a tunnel, choose “Scan from QR code”, and hold the camera here.</p>
<img src="data:image/png;base64,${picture.toString('base64')}" alt="QR code with the config of ${label}">
<p class="hint">It is the key of this one device. Use another code for another device, and show it to nobody.</p>
<p><a class="button plain" href="${path}">Back</a></p>
</section></main>`,
  };
}
