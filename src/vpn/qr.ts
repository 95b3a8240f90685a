import qr from 'qrcode';

/** A picture that the WireGuard apps scan; PNG. */
export function qrPicture(text: string): Promise<Buffer> {
  return qr.toBuffer(text, { type: 'png', errorCorrectionLevel: 'M', scale: 6 });
}

/** The same for a terminal, in colours of its own: it can be scanned on a dark one too. */
export function qrLines(text: string): Promise<string> {
  return qr.toString(text, { type: 'terminal', errorCorrectionLevel: 'L', small: true });
}
