import qr from 'qrcode';

/** A QR code for the WireGuard apps, as PNG. */
export function qrPicture(text: string): Promise<Buffer> {
  return qr.toBuffer(text, { type: 'png', errorCorrectionLevel: 'M', scale: 6 });
}

/** A QR code for a terminal. It sets its own colours, so it can be scanned on a dark background too. */
export function qrLines(text: string): Promise<string> {
  return qr.toString(text, { type: 'terminal', errorCorrectionLevel: 'L', small: true });
}
