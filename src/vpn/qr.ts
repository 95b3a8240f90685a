import qr from 'qrcode';

/** A QR code for the WireGuard apps, as PNG. */
export function qrPicture(text: string): Promise<Buffer> {
  return qr.toBuffer(text, { type: 'png', errorCorrectionLevel: 'M', scale: 6 });
}

/**
 * A QR code for a terminal. With `colours` it sets its own, so it can be scanned on every background. Without them it is
 * made for light text on a dark background; most scanners read the opposite too.
 */
export async function qrLines(text: string, { colours }: { readonly colours: boolean }): Promise<string> {
  if (colours) return qr.toString(text, { type: 'terminal', errorCorrectionLevel: 'L', small: true });
  const darkOnLight = await qr.toString(text, { type: 'utf8', errorCorrectionLevel: 'L', margin: 2 });
  return darkOnLight.replaceAll(/[ ▀▄█]/g, (block) => opposite[block] ?? block);
}

const opposite: Readonly<Record<string, string>> = { ' ': '█', '█': ' ', '▀': '▄', '▄': '▀' };
